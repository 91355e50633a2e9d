"""The models that are known by name, each file with its address, length and checksum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["captioner", "matcher", "segmenter"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SAM_URL = "https://dl.fbaipublicfiles.com/segment_anything"


@dataclass(frozen=True)
class PublishedFile:
    """A file of a model: its name, address, length in bytes, and checksum as 64 hex digits of SHA-256."""

    name: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True)
class PublishedCheckpoint:
    """A model that is known by name.

    Args:
        name: for users.
        kind: captioner, matcher or segmenter.
        place: file or folder, below a folder of models.
        files: empty for the demo models, which come with the project.
        about: one line for users.
    """

    name: str
    kind: Kind
    place: str
    files: tuple[PublishedFile, ...]
    about: str

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    def path_of(self, file: PublishedFile, folder: Path) -> Path:
        """Where a file of it belongs in a folder of models."""
        place = folder / self.place
        return place if len(self.files) == 1 else place / file.name


def _sam(name: str, file: str, size: int, sha256: str, about: str) -> PublishedCheckpoint:
    return PublishedCheckpoint(
        name, "segmenter", f"sam/{file}", (PublishedFile(file, f"{SAM_URL}/{file}", size, sha256),), about
    )


def _blip(name: str, kind: Kind, revision: str, about: str, *files: tuple[str, int, str]) -> PublishedCheckpoint:
    """A repository of Salesforce's at one revision; these have the weights as pytorch_model.bin only."""
    url = f"https://huggingface.co/Salesforce/{name}/resolve/{revision}"
    listed = tuple(PublishedFile(file, f"{url}/{file}", size, sha256) for file, size, sha256 in files)
    return PublishedCheckpoint(name, kind, f"BLIP/{name}", listed, about)


# The tokenizer is the same in both repositories.
_TOKENIZER = (
    ("special_tokens_map.json", 125, "b6d346be366a7d1d48332dbc9fdf3bf8960b5d879522b7799ddba59e76237ee3"),
    ("tokenizer.json", 711396, "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"),
    ("vocab.txt", 231508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
)
CHECKPOINTS = (
    _blip(
        "blip-image-captioning-base",
        "captioner",
        "82a37760796d32b1411fe092ab5d4e227313294b",
        "captions, BLIP base (BSD-3-Clause)",
        ("config.json", 4563, "f7846f82f4e2c4a2ccbab9ae8b0e44873540a271a76a1288effd078180c13a82"),
        ("preprocessor_config.json", 287, "065c10ec97edc5081fbd9655b3d9d25e2647ea6d5dab873325e88eed12d80a7d"),
        ("tokenizer_config.json", 506, "5c7f96096284c55e539eff95f4451c19efc34258ddb975a4400d052b77301e5e"),
        *_TOKENIZER,
        ("pytorch_model.bin", 989820849, "d6638651a5526cc2ede56f2b5104d6851b0755816d220e5e046870430180c767"),
    ),
    _blip(
        "blip-itm-base-coco",
        "matcher",
        "bed8ad38cb2d04a5a4bdf2d071b3c3c0a4aa724c",
        "matching of phrases and pictures, BLIP base (BSD-3-Clause)",
        ("config.json", 4560, "3e6464c2ce7c54512ddb101c5e9a8e77f4c2d637be9e3d005667ccd4a34c6ef2"),
        ("preprocessor_config.json", 445, "0aa66e2e9ac3ea3b5cd4388c35072e22db4e1cc1f96c7872bed07749c712ade1"),
        ("tokenizer_config.json", 456, "86da6fdb761b02f73a05561aba71711c2d7c205fe1fd1744046173a410263925"),
        *_TOKENIZER,
        ("pytorch_model.bin", 895139697, "017fb3e7f4e125f13a8a4717f1402dbe0d0bb877474b4a203db13a4447b0227f"),
    ),
    _sam(
        "sam-vit-b",
        "sam_vit_b_01ec64.pth",
        375042383,
        "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        "regions, SAM vit_b: the smallest (Apache-2.0)",
    ),
    _sam(
        "sam-vit-l",
        "sam_vit_l_0b3195.pth",
        1249524607,
        "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        "regions, SAM vit_l (Apache-2.0)",
    ),
    _sam(
        "sam-vit-h",
        "sam_vit_h_4b8939.pth",
        2564550879,
        "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        "regions, SAM vit_h: the largest (Apache-2.0)",
    ),
    PublishedCheckpoint(
        "demo-captioner", "captioner", "demo/blip-captioner", (), "captions of drawn icons; comes with automask"
    ),
    PublishedCheckpoint(
        "demo-matcher", "matcher", "demo/blip-matcher", (), "matching of drawn icons; comes with automask"
    ),
    PublishedCheckpoint("demo-segmenter", "segmenter", "demo/sam", (), "regions of drawn icons; comes with automask"),
)
BY_NAME = {checkpoint.name: checkpoint for checkpoint in CHECKPOINTS}
DEFAULTS: dict[Kind, str] = {
    "captioner": "blip-image-captioning-base",
    "matcher": "blip-itm-base-coco",
    "segmenter": "sam-vit-b",
}
