"""The part-of-speech tagger: on sentences tagged by hand, and where a picture's grammar depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib_automask.plan.tagger import TAGS, tag_words

TAGGED = Path(__file__).parent / "tagged_captions.txt"


def tag_text(text: str) -> list[str]:
    return tag_words(text.split())


def test_captions_tagged_by_hand() -> None:
    lines = [line for line in TAGGED.read_text("utf-8").splitlines() if not line.startswith("#")]
    pairs = [[piece.rsplit("/", 1) for piece in line.split()] for line in lines]
    wanted = [tag for sentence in pairs for _, tag in sentence]
    found = [tag for sentence in pairs for tag in tag_words([word for word, _ in sentence])]
    assert sum(map(str.__eq__, wanted, found)) / len(wanted) >= 0.95


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a sliced banana on a plate", "DET ADJ NOUN ADP DET NOUN"),
        ("a man riding a horse", "DET NOUN VBG DET NOUN"),
        ("a sleeping cat", "DET ADJ NOUN"),
        ("a cat sleeping", "DET NOUN VBG"),
        ("a metal kitten", "DET NOUN NOUN"),
        ("an orange cat", "DET ADJ NOUN"),
        ("a car parked on the road", "DET NOUN VBN ADP DET NOUN"),
        ("a pizza topped with ham", "DET NOUN VBN ADP NOUN"),
        ("a snow-covered roof", "DET ADJ NOUN"),
        ("a horse stands in a field", "DET NOUN VERB ADP DET NOUN"),
        ("the car should be removed", "DET NOUN AUX AUX VBN"),
        ("replace the cat with a bear", "VERB DET NOUN ADP DET NOUN"),
        ("hand fan", "NOUN NOUN"),
    ],
)
def test_attributes_deeds_and_orders(text: str, tags: str) -> None:
    assert tag_text(text) == tags.split()


def test_one_word_is_tagged_by_its_place() -> None:
    assert tag_text("a woman wearing a watch")[4] == "NOUN"
    assert tag_text("two men watch a train")[2] == "VERB"
    assert tag_text("a bear eating a fish")[2] == "VBG"
    assert tag_text("a painting of a bear")[1] == "NOUN"


def test_case_and_possessive_endings() -> None:
    assert tag_text("A RED BALL") == tag_text("a red ball")
    assert tag_text("the man own's jacket")[2] == tag_text("the man 's jacket")[2] == "PART"


def test_any_word_gets_one_known_tag() -> None:
    words = ["", " ", "ПРИВЕТ", "猫", "\x00", "🦊", "a" * 500, "<lora:x:1>", "\ud800"]
    assert len(tag_words(words)) == len(words)
    assert set(tag_words(words)) <= set(TAGS)
    assert tag_words([]) == []


def test_the_same_words_have_the_same_tags() -> None:
    words = ["a", "girl", "with", "long", "hair", "stands", "next", "to", "a", "fence"]
    assert tag_words(words) == tag_words(tuple(words)) == tag_words(words)
