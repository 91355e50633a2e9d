"""What a host finds in the checkpoint: names, shapes and sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
yaml = pytest.importorskip("yaml")
pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from training.host_checkpoint import (  # noqa: E402
    UNET,
    VAE,
    describe_checkpoint,
    expand_checkpoint,
    pack_weights,
    store_training,
    unpack_weights,
)
from training.host_unet import NoisePredictor, UnetShape  # noqa: E402
from training.host_vae import Autoencoder, VaeShape  # noqa: E402

# From the published v1 checkpoint; every one that has other widths only.
PUBLISHED = """
model.diffusion_model.time_embed.0.weight
model.diffusion_model.time_embed.2.bias
model.diffusion_model.input_blocks.0.0.weight
model.diffusion_model.input_blocks.1.0.in_layers.0.weight
model.diffusion_model.input_blocks.1.0.in_layers.2.weight
model.diffusion_model.input_blocks.1.0.emb_layers.1.weight
model.diffusion_model.input_blocks.1.0.out_layers.0.bias
model.diffusion_model.input_blocks.1.0.out_layers.3.weight
model.diffusion_model.input_blocks.1.1.norm.weight
model.diffusion_model.input_blocks.1.1.proj_in.weight
model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight
model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_out.0.bias
model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight
model.diffusion_model.input_blocks.1.1.transformer_blocks.0.ff.net.0.proj.weight
model.diffusion_model.input_blocks.1.1.transformer_blocks.0.ff.net.2.bias
model.diffusion_model.input_blocks.1.1.transformer_blocks.0.norm3.weight
model.diffusion_model.middle_block.1.proj_out.weight
model.diffusion_model.middle_block.2.out_layers.3.bias
model.diffusion_model.output_blocks.0.0.skip_connection.weight
model.diffusion_model.out.0.weight
model.diffusion_model.out.2.bias
first_stage_model.encoder.conv_in.weight
first_stage_model.encoder.down.0.block.0.norm1.weight
first_stage_model.encoder.down.0.downsample.conv.weight
first_stage_model.encoder.down.2.block.0.nin_shortcut.weight
first_stage_model.encoder.mid.attn_1.proj_out.weight
first_stage_model.encoder.mid.block_2.conv2.bias
first_stage_model.encoder.norm_out.weight
first_stage_model.encoder.conv_out.weight
first_stage_model.decoder.up.3.block.1.conv1.weight
first_stage_model.decoder.up.1.upsample.conv.bias
first_stage_model.decoder.conv_out.weight
first_stage_model.quant_conv.weight
first_stage_model.post_quant_conv.bias
cond_stage_model.transformer.text_model.embeddings.token_embedding.weight
cond_stage_model.transformer.text_model.encoder.layers.11.self_attn.q_proj.weight
cond_stage_model.transformer.text_model.final_layer_norm.bias
alphas_cumprod
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    torch.manual_seed(0)
    torch.save(Autoencoder().state_dict(), folder / "vae-final.pt")
    torch.save(NoisePredictor().state_dict(), folder / "unet.pt")
    store_training(folder, folder / "stored.safetensors")
    return folder / "stored.safetensors"


def test_stored_weights_are_small(stored: Path) -> None:
    assert stored.stat().st_size < 16_000_000


def test_an_expanded_checkpoint_has_the_published_names(stored: Path, tmp_path: Path) -> None:
    expand_checkpoint(tmp_path / "small", stored)
    weights = load_file(tmp_path / "small.safetensors")
    assert [key for key in PUBLISHED.split() if key not in weights] == []
    assert all(value.dtype == torch.float16 for key, value in weights.items() if key.startswith((UNET, VAE)))
    for prefix, model in ((UNET, NoisePredictor()), (VAE, Autoencoder())):
        part = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
        model.load_state_dict(part)


def test_the_yaml_names_the_shapes_of_the_weights() -> None:
    params = yaml.safe_load(describe_checkpoint())["model"]["params"]
    unet, vae = params["unet_config"]["params"], params["first_stage_config"]["params"]["ddconfig"]
    assert UnetShape() == UnetShape(
        unet["model_channels"], tuple(unet["channel_mult"]), unet["num_res_blocks"], unet["num_heads"]
    )
    assert unet["attention_resolutions"] == [1, 2]
    assert VaeShape(vae["ch"], tuple(vae["ch_mult"]), vae["num_res_blocks"]) == VaeShape()


def test_packed_weights_come_back_within_half_a_step(tmp_path: Path) -> None:
    weights = {"a.weight": torch.randn(5, 4, 3, 3), "a.bias": torch.randn(5), "none.weight": torch.zeros(2, 2)}
    save_file(pack_weights(weights), tmp_path / "packed.safetensors")
    back = unpack_weights(load_file(tmp_path / "packed.safetensors"))
    assert back.keys() == weights.keys()
    step = weights["a.weight"].flatten(1).abs().amax(1) / 127
    assert ((back["a.weight"] - weights["a.weight"]).flatten(1).abs().amax(1) <= 0.51 * step + 2e-3).all()
    torch.testing.assert_close(back["none.weight"], torch.zeros(2, 2).half())


def test_missing_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train, then pack"):
        expand_checkpoint(tmp_path / "small", tmp_path / "nothing.safetensors")


def test_normalised_latents_give_the_same_pictures() -> None:
    torch.manual_seed(1)
    model = Autoencoder().eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    pictures = torch.rand(2, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        before, spread = model.encode(pictures)
        decoded = model.decode(before)
        mean, deviation = before.mean((0, 2, 3)), before.std((0, 2, 3))
        model.normalise_latents(mean, deviation)
        after, new_spread = model.encode(pictures)
        torch.testing.assert_close(after.mean((0, 2, 3)), torch.zeros(4), atol=1e-3, rtol=0)
        torch.testing.assert_close(after.std((0, 2, 3)), torch.ones(4), atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(model.decode(after), decoded, atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(new_spread, spread - 2 * deviation.log()[:, None, None], atol=1e-3, rtol=1e-3)
