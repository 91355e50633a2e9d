"""The text encoder of the small checkpoint: a CLIP of one layer that is computed, not trained.

Each known word has a row of a Hadamard matrix as its code, each place its cosines and sines. The layer's heads look one
and two places back, exactly, by turning those, and put the codes found there beside the word's own: "ball" then holds
"red" and "a". Nothing of it has to be stored. A host that makes twelve layers gets eleven that change nothing.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

Weights = dict[str, npt.NDArray[np.float32]]
WIDTH, HEAD, PLACES, TOKENS = 768, 64, 77, 49408
CODE = 128  # numbers of a word's code; as many words at most
PLACE_AT = 640  # where the 64 numbers of a place begin
LAGS = (1, 2)  # how many places back the heads look
SHARPNESS = 6.0  # a place's own score is then 24 above all others
START, END = 49406, 49407
# Numbers of words in the vocabulary of CLIP (openai/clip-vit-large-patch14), each one token.
TOKEN_IDS = {
    ",": 267, ".": 269, "a": 320, "above": 4348, "an": 550, "and": 537, "at": 536, "ball": 1069, "balls": 6927,
    "below": 3788, "black": 1449, "blue": 1746, "box": 2063, "boxes": 8350, "car": 1615, "cars": 3346, "cat": 2368,
    "cats": 3989, "cup": 1937, "cups": 11463, "dog": 1929, "dogs": 3255, "fish": 2759, "flower": 4055, "flowers": 4023,
    "grass": 5922, "green": 1901, "heart": 1936, "hearts": 5516, "house": 1212, "houses": 7791, "in": 530,
    "left": 1823, "night": 930, "of": 539, "on": 525, "orange": 4287, "purple": 5496, "red": 736, "right": 1155,
    "road": 1759, "sand": 5094, "snow": 2583, "star": 1565, "stars": 2895, "the": 518, "tree": 2677, "trees": 4682,
    "two": 1237, "water": 1573, "white": 1579, "with": 593, "yellow": 4481, "to": 531, "next": 1131,
}  # fmt: skip
CODED = (START, END, *TOKEN_IDS.values())
UNKNOWN = 0  # the token that stands for any other in training; every token without a code of its own has the last code
_FREQUENCIES = np.pi * (np.arange(HEAD // 2) + 0.5) / (HEAD // 2)  # their cosines sum to 0 but at distance 0


def _hadamard(size: int) -> npt.NDArray[np.float32]:
    matrix = np.ones((1, 1), np.float32)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def tokenize_prompt(prompt: str) -> npt.NDArray[np.int64]:
    """int64[77]: start, the words, then end up to the last place, as A1111 fills a chunk."""
    words = re.findall(r"[a-z]+|[,.]", prompt.lower())
    ids = [START, *(TOKEN_IDS.get(word, UNKNOWN) for word in words)][: PLACES - 1]
    return np.array(ids + [END] * (PLACES - len(ids)), np.int64)


def make_text_weights(layers: int = 1) -> Weights:
    """Keys of transformers' ``CLIPTextModel``, all but the first of ``layers`` changing nothing."""
    codes = _hadamard(CODE)
    embedding = np.zeros((TOKENS, WIDTH), np.float32)
    embedding[:, :CODE] = codes[-1]
    embedding[list(CODED), :CODE] = codes[1 : len(CODED) + 1]
    turns = np.arange(PLACES)[:, None] * _FREQUENCIES
    places = np.zeros((PLACES, WIDTH), np.float32)
    places[:, PLACE_AT : PLACE_AT + HEAD] = np.concatenate([np.cos(turns), np.sin(turns)], 1)
    weights = {
        "embeddings.token_embedding.weight": embedding,
        "embeddings.position_embedding.weight": places,
        "final_layer_norm.weight": np.ones(WIDTH, np.float32),
        # The hosts' emphasis divides by the mean of the result, which must not be 0.
        "final_layer_norm.bias": np.full(WIDTH, 0.1, np.float32),
    }
    for layer in range(layers):
        tensors = _idle_layer()
        if layer == 0:
            _look_back(tensors)
        weights |= {f"encoder.layers.{layer}.{key}": value for key, value in tensors.items()}
    return {f"text_model.{key}": value for key, value in weights.items()}


def _idle_layer() -> Weights:
    """A layer that adds 0."""
    shapes = {f"self_attn.{name}_proj": (WIDTH, WIDTH) for name in ("q", "k", "v", "out")}
    shapes |= {"mlp.fc1": (4 * WIDTH, WIDTH), "mlp.fc2": (WIDTH, 4 * WIDTH)}
    tensors: Weights = {}
    for name, shape in shapes.items():
        tensors |= {f"{name}.weight": np.zeros(shape, np.float32), f"{name}.bias": np.zeros(shape[0], np.float32)}
    for name in ("layer_norm1", "layer_norm2"):
        tensors |= {f"{name}.weight": np.ones(WIDTH, np.float32), f"{name}.bias": np.zeros(WIDTH, np.float32)}
    return tensors


def _look_back(layer: Weights) -> None:
    """Two heads for each of LAGS, half of a word's code each; what they find goes behind the code that is there."""
    layer["layer_norm1.weight"][:] = np.sqrt((CODE + HEAD / 2) / WIDTH)  # codes and places keep their size
    identity, place = np.eye(HEAD, dtype=np.float32), slice(PLACE_AT, PLACE_AT + HEAD)
    for index, lag in enumerate(lag for lag in LAGS for _half in range(2)):
        head = slice(index * HEAD, (index + 1) * HEAD)
        cos, sin = np.diag(np.cos(lag * _FREQUENCIES)), np.diag(np.sin(lag * _FREQUENCIES))
        layer["self_attn.q_proj.weight"][head, place] = SHARPNESS * np.block([[cos, sin], [-sin, cos]])
        layer["self_attn.k_proj.weight"][head, place] = identity
        code = slice(index % 2 * HEAD, (index % 2 + 1) * HEAD)
        layer["self_attn.v_proj.weight"][head, code] = identity
        layer["self_attn.out_proj.weight"][CODE + index * HEAD : CODE + (index + 1) * HEAD, head] = identity
