"""The demo's BLIP models: true transformers classes, how they are started, and a fast forward pass for training.

The forward passes repeat what `modeling_blip.py` computes on the same weights (`--evaluate` runs the true classes), but
compute a picture's cross-attention keys and values once for all of its phrases.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.icon_world.icons import CLASSES, COLORS
from benchmarks.icon_world.scenes import GROUNDS
from training.pool import GRID, PATCH, SIDE
from training.vocabulary import VOCABULARY, WORD_IDS

WIDTH, HEADS, VISION_LAYERS, TEXT_LAYERS, TEXT_INNER = 128, 4, 5, 3, 384
LONGEST_TEXT = 40
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def blip_config() -> dict[str, Any]:
    """Keyword arguments of `BlipConfig`, the same for the captioner and the matcher."""
    text = dict(
        vocab_size=len(VOCABULARY), hidden_size=WIDTH, encoder_hidden_size=WIDTH, intermediate_size=TEXT_INNER,
        projection_dim=64, num_hidden_layers=TEXT_LAYERS, num_attention_heads=HEADS,
        max_position_embeddings=LONGEST_TEXT + 8, is_decoder=True, initializer_range=0.02,
        bos_token_id=WORD_IDS["[DEC]"], eos_token_id=WORD_IDS["[SEP]"], sep_token_id=WORD_IDS["[SEP]"],
        pad_token_id=WORD_IDS["[PAD]"],
    )  # fmt: skip
    vision = dict(
        hidden_size=WIDTH, intermediate_size=4 * WIDTH, projection_dim=64, num_hidden_layers=VISION_LAYERS,
        num_attention_heads=HEADS, image_size=SIDE, patch_size=PATCH, initializer_range=0.02,
    )  # fmt: skip
    return dict(text_config=text, vision_config=vision, projection_dim=64, image_text_hidden_size=16)


class DemoBlip(nn.Module):
    """Captioner and matcher with one vision tower, and throw-away heads that read patches and the CLS token."""

    def __init__(self) -> None:
        from transformers import BlipConfig, BlipForConditionalGeneration, BlipForImageTextRetrieval

        super().__init__()
        self.captioner = BlipForConditionalGeneration(BlipConfig(**blip_config()))
        self.matcher = BlipForImageTextRetrieval(BlipConfig(**blip_config()))
        self.matcher.vision_model = self.captioner.vision_model
        self.patch_head = nn.Linear(WIDTH, len(CLASSES) + 1 + len(COLORS) + 1 + 5)
        self.place_head = nn.Linear(WIDTH, 2)
        self.scene_head = nn.Linear(WIDTH, len(GROUNDS) + 4 + 4)

    def see(self, pixels: Tensor) -> Tensor:
        """float[B, 3, 96, 96] → float[B, 145, 128], CLS first."""
        return vision_states(self.captioner.vision_model, pixels)

    def caption_logits(self, ids: Tensor, seen: Tensor) -> Tensor:
        """ids[B, L] → logits[B, L, vocabulary] of the next words."""
        decoder = self.captioner.text_decoder
        states = text_states(decoder.bert, ids[:, None], seen, causal=True)
        return decoder.cls(states[:, 0])

    def match_logits(self, ids: Tensor, seen: Tensor) -> Tensor:
        """ids[B, K, L] of K phrases for each picture → logits[B, K, 2], index 1 a match."""
        states = text_states(self.matcher.text_encoder, ids, seen, causal=False)
        return self.matcher.itm_head(states[:, :, 0])


def heads(states: Tensor) -> Tensor:
    """[B, L, 128] → [B, 4, L, 32]."""
    batch, length, _ = states.shape
    return states.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)


def joined(states: Tensor) -> Tensor:
    return states.transpose(1, 2).flatten(2)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """Plain attention: in bfloat16 on a CPU, the fused kernel's backward pass takes longer than all the rest."""
    scores = (query / math.sqrt(WIDTH // HEADS)) @ key.transpose(-1, -2)
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e4)
    return joined(scores.softmax(-1) @ value)


def vision_states(vision: Any, pixels: Tensor) -> Tensor:
    states = vision.embeddings(pixels)
    for layer in vision.encoder.layers:
        query, key, value = (heads(part) for part in layer.self_attn.qkv(layer.layer_norm1(states)).chunk(3, -1))
        states = states + layer.self_attn.projection(attend(query, key, value))
        inner = functional.gelu(layer.mlp.fc1(layer.layer_norm2(states)))
        states = states + layer.mlp.fc2(inner)
    return vision.post_layernorm(states)


def text_states(text: Any, ids: Tensor, seen: Tensor, causal: bool) -> Tensor:
    """ids[B, K, L], seen[B, T, 128] → [B, K, L, 128]; padding is kept out of the self-attention."""
    batch, phrases, length = ids.shape
    states = text.embeddings(input_ids=ids.flatten(0, 1))
    mask = (ids != WORD_IDS["[PAD]"]).flatten(0, 1)[:, None, None, :]
    if causal:
        mask = torch.ones(length, length, dtype=torch.bool).tril()
    for layer in text.encoder.layer:
        own = layer.attention.self
        query, key, value = (heads(part(states)) for part in (own.query, own.key, own.value))
        states = layer.attention.output(attend(query, key, value, mask), states)
        cross = layer.crossattention.self
        query = heads(cross.query(states).view(batch, phrases * length, WIDTH))
        mixed = attend(query, heads(cross.key(seen)), heads(cross.value(seen)))
        states = layer.crossattention.output(mixed.view(batch * phrases, length, WIDTH), states)
        states = layer.output(functional.gelu(layer.intermediate.dense(states)), states)
    return states.view(batch, phrases, length, WIDTH)


def normalised(images: np.ndarray[Any, Any], rng: np.random.Generator | None = None) -> Tensor:
    """uint8[B, 96, 96, 3] → float[B, 3, 96, 96] as the image processor scales them; with `rng`, jittered."""
    pixels = torch.from_numpy(images).float()
    if rng is not None:
        shift = rng.normal(0, 3, (len(images), 1, 1, 3)).astype(np.float32)
        gain = rng.normal(1, 0.02, (len(images), 1, 1, 1)).astype(np.float32)
        pixels = (pixels * torch.from_numpy(gain) + torch.from_numpy(shift)).clamp_(0, 255)
    pixels = (pixels / 255 - torch.tensor(MEAN)) / torch.tensor(STD)
    return pixels.permute(0, 3, 1, 2).contiguous()


def start_well(model: DemoBlip, images: np.ndarray[Any, Any]) -> None:
    """Initial weights from which a small ViT soon learns shapes: white patches, sin-cos places, mimetic attention."""
    vision = model.captioner.vision_model
    with torch.no_grad():
        whiten_patches(vision.embeddings.patch_embedding, normalised(images))
        vision.embeddings.position_embedding[0, 1:] = 0.5 * places_2d(GRID, WIDTH)
        vision.embeddings.position_embedding[0, 0] = 0
        for layer in vision.encoder.layers:
            mimic(layer.self_attn)


def whiten_patches(embedding: nn.Conv2d, pixels: Tensor) -> None:
    """The first principal components of patches, each brought to the same variance (the faint ones to less)."""
    patches = functional.unfold(pixels, PATCH, stride=PATCH).transpose(1, 2).reshape(-1, 3 * PATCH * PATCH)
    mean = patches.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov(patches.T))
    values, vectors = values.flip(0)[:WIDTH], vectors.flip(1)[:, :WIDTH]
    weight = 0.7 * (vectors / torch.sqrt(values + 0.02 * values.mean())).T
    embedding.weight.copy_(weight.view_as(embedding.weight))
    if embedding.bias is not None:
        embedding.bias.copy_(-weight @ mean)


def places_2d(side: int, width: int) -> Tensor:
    """float[side², width]: sines and cosines of row and column."""
    speeds = 1 / 100 ** (torch.arange(width // 4) / (width // 4))
    angle = torch.arange(side)[:, None] * speeds
    wave = torch.cat([angle.sin(), angle.cos()], 1)
    rows = wave[:, None].expand(-1, side, -1)
    return torch.cat([rows, rows.transpose(0, 1)], 2).reshape(side * side, width)


def mimic(attention: Any, strength: float = 0.7, echo: float = 0.4) -> None:
    """Mimetic start (Trockman and Kolter, 2023): W_q W_kᵀ near the identity, W_v W_proj near minus the identity."""
    noise = torch.randn(HEADS + 1, WIDTH, WIDTH) / math.sqrt(WIDTH)
    size = WIDTH // HEADS
    for head in range(HEADS):
        left, scale, right = torch.linalg.svd(strength * (noise[head] + torch.eye(WIDTH)))
        root = scale[:size].sqrt()
        rows = slice(head * size, (head + 1) * size)
        attention.qkv.weight[rows] = (left[:, :size] * root).T
        attention.qkv.weight[WIDTH:][rows] = (right[:size].T * root).T
    left, scale, right = torch.linalg.svd(echo * (noise[HEADS] - torch.eye(WIDTH)))
    attention.qkv.weight[2 * WIDTH :] = scale.sqrt()[:, None] * right
    attention.projection.weight.copy_(left * scale.sqrt())
