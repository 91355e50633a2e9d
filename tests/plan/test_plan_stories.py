"""Stories told round one change, and changes told in turns of phrase."""

from __future__ import annotations

import pytest

from lib_automask.plan import plan_edits

Edits = list[tuple[str, str, str | None]]


def edits(caption: str, prompt: str) -> Edits:
    return [(edit.kind, edit.target, edit.replacement) for edit in plan_edits(caption, prompt).edits]


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a lighthouse with red and white stripes on a cliff",
            "picture the very same lighthouse on the very same cliff, under the same sky as ever; look "
            "again, however, and you'll notice its stripes are no longer red and white but blue and white",
            [("modify", "stripes", "blue and white stripes")],
        ),
        (
            "a sailor with a pipe and a white cap",
            "the sailor still has his pipe between his teeth, but his cap, which used to be white, is now red",
            [("modify", "white cap", "red cap")],
        ),
        (
            "a castle on a hill with a flag on its tower",
            "the castle still stands upon its hill, its tower as proud as ever, but no flag flies from "
            "the tower any longer",
            [("remove", "flag", None)],
        ),
        (
            "a blue bicycle leaning against a brick wall",
            "the bicycle is still leaning against the brick wall, exactly where it was left, but someone "
            "has painted it bright orange overnight",
            [("modify", "blue bicycle", "bright orange bicycle")],
        ),
        (
            "an old man playing chess in a park",
            "the old man is still in the park and he's still sitting at his chessboard, but he has dozed "
            "off over the game",
            [("modify", "old man", "sleeping")],
        ),
        (
            "two swans on a lake with a boathouse",
            "the lake lies there as calm as ever with its two swans, and the boathouse is there too, but "
            "now there are five swans instead of two",
            [("modify", "swans", "five swans")],
        ),
        (
            "a cat on a windowsill beside a vase of lilies",
            "the lilies in their vase have not moved, neither has the windowsill; the cat, though, is gone",
            [("remove", "cat", None)],
        ),
        (
            "a windmill with white sails in a tulip field",
            "the windmill stands where it always stood, with the tulips all around it exactly as they "
            "were, and yet if you look at its sails you will find them black",
            [("modify", "white sails", "black sails")],
        ),
        (
            "a tailor with a measuring tape around his neck",
            "the tailor looks the same as he did, except he has a snake around his neck in place of the measuring tape",
            [("replace", "tape", "snake")],
        ),
        (
            "a harbor with fishing boats on a sunny day",
            "the very same fishing boats are lying in the very same harbor, only today it is snowing",
            [("background", "sunny day", "snowfall")],
        ),
        (
            "a nun reading a book in a cloister",
            "while everything around her is the way it was, the nun in the cloister has put her book down "
            "and is playing a trumpet",
            [("add", "nun", "trumpet")],
        ),
    ],
)
def test_a_story_comes_down_to_its_one_change(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a man with a cup of coffee",
            "everything stays the same except for the cup, which is now a trophy",
            [("replace", "cup of coffee", "trophy")],
        ),
        (
            "a man with a red tie",
            "leave everything alone except the tie, it should be blue",
            [("modify", "red tie", "blue tie")],
        ),
        (
            "a man with a red tie",
            "nothing but the tie changes: it is blue now",
            [("modify", "red tie", "blue tie")],
        ),
        (
            "a dog on a bench in a park",
            "keep everything except the bench, which has to go",
            [("remove", "bench", None)],
        ),
        (
            "a dog on a bench in a park",
            "everything about this is the same, except the dog is wearing a hat",
            [("add", "dog", "hat")],
        ),
    ],
)
def test_everything_but_one_thing(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a man in a gray suit and a red tie",
            "the suit is navy, the tie stays red",
            [("modify", "gray suit", "navy suit")],
        ),
        (
            "a girl with a dog in a park",
            "the dog wears a red scarf",
            [("add", "dog", "red scarf")],
        ),
        (
            "a table with a plastic tablecloth",
            "the tablecloth is made of lace",
            [("modify", "plastic tablecloth", "lace tablecloth")],
        ),
        (
            "a dog and a cat in a garden",
            "the dog is now sleeping",
            [("modify", "dog", "sleeping")],
        ),
    ],
)
def test_a_prompt_that_speaks_of_a_part_leaves_the_rest(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a clown with a red nose and a green wig",
            "nobody has touched the clown's red nose, it is the wig that has changed colour, from green to orange",
            [("modify", "green wig", "orange wig")],
        ),
        (
            "a postman on a bicycle in the rain",
            "the postman no longer rides a bicycle but a donkey",
            [("replace", "bicycle", "donkey")],
        ),
        (
            "a piano in a living room next to a lamp",
            "what used to be a piano next to the lamp is now a harp",
            [("replace", "piano", "harp")],
        ),
        (
            "a living room with two armchairs",
            "between the two armchairs somebody has placed a small round table",
            [("add", "armchairs", "small round table")],
        ),
        (
            "a bookshelf filled with books",
            "on top of the bookshelf, put a globe",
            [("add", "bookshelf", "globe")],
        ),
        (
            "a garden with a stone fountain",
            "the stone fountain has been replaced by a stone sundial",
            [("replace", "stone fountain", "stone sundial")],
        ),
        (
            "a waterfall with a rainbow",
            "the waterfall has lost its rainbow",
            [("remove", "rainbow", None)],
        ),
    ],
)
def test_turns_of_phrase_are_put_plainly(caption: str, prompt: str, expected: Edits) -> None:
    assert edits(caption, prompt) == expected
