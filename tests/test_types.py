"""The records check what they are made of, and progress of a part is progress of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from lib_automask import InputError, MaskRequest
from lib_automask.interfaces import ignore_progress, scale_progress
from lib_automask.types import Edit, Size

IMAGE = np.zeros((2, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("request_of", "named"),
    [
        (lambda text: MaskRequest(IMAGE, text), "the prompt"),
        (lambda text: MaskRequest(IMAGE, "a cat", own_prompt=text), "the picture's own prompt"),
    ],
)
def test_half_a_character_in_a_prompt_is_refused(request_of, named):
    """JSON may hold one; no tokenizer reads it, and it cannot be part of a key."""
    assert request_of("a cat \U0001f408").key
    with pytest.raises(InputError, match=f"{named} holds half a character at position 7"):
        request_of("a cat \ud83d")


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(InputError, match="3x4 and the picture 3x2"):
        MaskRequest(IMAGE, "a cat", np.zeros((4, 3), bool))


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (Edit("add", "bench", "cat", "on"), "add cat on bench (1.00)"),
        (Edit("add", "bench", "cat"), "add cat at bench (1.00)"),
        (Edit("add", "", "snow", "everywhere"), "add snow everywhere (1.00)"),
        (Edit("add", "", "snow"), "add snow (1.00)"),
        (Edit("remove", "cup"), "remove cup (1.00)"),
        (Edit("replace", "red ball", "blue star", score=0.97), "replace red ball → blue star (0.97)"),
        (Edit("restyle", "whole image", "an oil painting"), "restyle the whole picture as an oil painting (1.00)"),
    ],
)
def test_edits_read_as_sentences(edit, text):
    assert str(edit) == text


def test_a_size_has_arithmetic():
    size = Size.of(IMAGE)
    assert (size, str(size), size.shorter, size.longer, size.pixels) == (Size(2, 3), "3x2", 2, 3, 6)
    assert size.scaled(0.1) == Size(1, 1)
    assert size.scaled(2) == Size(4, 6)


def test_progress_of_a_part_is_scaled_to_the_whole():
    reports = []

    def progress(stage, share):
        reports.append((stage, share))

    scale_progress(progress, 0.5, 0.75)("read files", 0.5)
    scale_progress(progress, 0.5, 0.75, "loading models")("read files", 1.0)
    assert reports == [("read files", 0.625), ("loading models", 0.75)]
    ignore_progress("read files", 0.5)
