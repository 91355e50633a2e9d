"""Words that one picture may be told by without meaning the same; and what they must not swallow."""

from __future__ import annotations

import pytest

from lib_automask.plan import plan_edits


def edits(caption: str, prompt: str) -> list[tuple[str, str, str | None]]:
    return [(edit.kind, edit.target, edit.replacement) for edit in plan_edits(caption, prompt).edits]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a man chopping firewood by a cabin", "a man splits logs by a cabin"),
        ("a girl in a white shirt", "1girl, white top"),
    ],
)
def test_a_thing_may_go_by_another_name(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        ("a man in sneakers", "a man in sandals", ("replace", "sneakers", "sandals")),
        ("a man holding a sword", "a man holding a dagger", ("replace", "sword", "dagger")),
        ("a dog on a beach", "a dog in the sea", ("background", "beach", "sea")),
        ("a woman talking to a man", "a woman slapping a man", ("modify", "woman", "slapping")),
    ],
)
def test_what_two_words_share_with_a_third_they_need_not_share(
    caption: str, prompt: str, expected: tuple[str, str, str | None]
) -> None:
    assert edits(caption, prompt) == [expected]


@pytest.mark.parametrize(
    ("caption", "prompt"),
    [
        ("a girl blowing out candles on a cake", "a girl extinguishes the candles on a cake"),
        ("a woman putting on lipstick", "a woman applies lipstick"),
        ("a chef tossing dough", "a chef spins dough"),
    ],
)
def test_a_deed_may_go_by_another_verb(caption: str, prompt: str) -> None:
    assert edits(caption, prompt) == []
