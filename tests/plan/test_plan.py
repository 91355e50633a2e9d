"""What should change, said in people's own words."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from lib_automask.plan import plan_edits, plan_target
from lib_automask.types import EditPlan

ADVERSARIAL = Path(__file__).parent.parent.parent / "benchmarks" / "adversarial.jsonl"


def brief(plan: EditPlan) -> list[str]:
    """Each edit as "kind target → replacement (relation)"."""
    found = []
    for edit in plan.edits:
        text = f"{edit.kind} {edit.target or '-'}"
        text += f" → {edit.replacement}" if edit.replacement else ""
        found.append(text + (f" ({edit.relation})" if edit.relation else ""))
    return found


def edits(caption: str, prompt: str) -> list[str]:
    return brief(plan_edits(caption, prompt))


DOG = "a brown dog sitting on a bench in a park"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a brown cat sitting on a bench in a park", ["replace brown dog → brown cat"]),
        ("a black dog sitting on a bench in a park", ["modify brown dog → black dog"]),
        ("a brown dog sleeping on a bench in a park", ["modify brown dog → sleeping"]),
        ("three brown dogs sitting on a bench in a park", ["modify brown dog → three dogs"]),
        ("a brown dog wearing a hat sitting on a bench in a park", ["add brown dog → hat (wearing)"]),
        ("a brown dog sitting on a bench in a park, and a duck", ["add - → duck"]),
        ("a brown dog sitting in a park", ["remove bench"]),
        ("a brown dog sitting on a bench on the moon", ["background park → moon"]),
        (
            "a watercolor painting of a brown dog sitting on a bench in a park",
            ["restyle whole image → watercolor painting"],
        ),
        ("a black dog sitting on a bench at a beach", ["modify brown dog → black dog", "background park → beach"]),
    ],
)
def test_every_kind_of_change_from_a_sentence(prompt: str, expected: list[str]) -> None:
    assert edits(DOG, prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("brown cat, bench, park, sitting", ["replace brown dog → brown cat"]),
        ("dog, black fur, bench, park", ["modify brown fur → black fur"]),
        ("brown dog, bench, park, red ball", ["add - → red ball"]),
        ("brown dog, bench, beach", ["background park → beach"]),
        ("brown dog, bench, park, pixel art", ["restyle whole image → pixel art"]),
    ],
)
def test_tags(prompt: str, expected: list[str]) -> None:
    caption = "a brown dog with brown fur sitting on a bench in a park" if "fur" in prompt else DOG
    assert edits(caption, prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("turn the dog into a cat", ["replace brown dog → cat"]),
        ("make the dog black", ["modify brown dog → black dog"]),
        ("please make the dog jump", ["modify brown dog → jumping"]),
        ("put a hat on the dog", ["add brown dog → hat (on)"]),
        ("could you remove the bench?", ["remove bench"]),
        ("change the background to a beach at sunset", ["background park → beach at sunset"]),
        ("make it a pencil sketch", ["restyle whole image → pencil sketch"]),
        ("remove the bench and make the dog white", ["remove bench", "modify brown dog → white dog"]),
        ("don't touch the bench, only make the dog gray", ["modify brown dog → gray dog"]),
        ("put the dog in a kitchen", ["background park → kitchen"]),
        ("shorten the dog's tail", ["modify dog's tail → short tail"]),
    ],
)
def test_instructions(prompt: str, expected: list[str]) -> None:
    got = [text.replace("brown dog's", "dog's") for text in edits(DOG, prompt)]
    assert got == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "a brown dog seated on a park bench",
        "on a bench in the park sits a brown dog",
        "brown dog, bench, park, masterpiece, best quality",
        "a puppy sitting on a bench in a park, 8k, sharp focus, by greg rutkowski",
        "make it look better, higher quality",
        "improve the resolution",
        "don't change anything",
        "no blur, no watermark",
        "",
    ],
)
def test_no_change_is_seen_where_a_person_sees_none(prompt: str) -> None:
    assert edits(DOG, prompt) == []


@pytest.mark.parametrize(
    ("caption", "prompt", "expected"),
    [
        (
            "a brown horse and a white horse in a stable",
            "brown horse, black horse, stable",
            ["modify white horse → black horse"],
        ),
        (
            "a man in a blue shirt and a man in a red shirt",
            "a man in a blue shirt and a man in a green shirt",
            ["modify red shirt → green shirt"],
        ),
        ("a man and a woman in jackets", "make the man’s jacket red", ["modify man's jacket → red jacket"]),
        ("a cup on a table and a cup on a shelf", "remove the cup on the shelf", ["remove cup on the shelf"]),
        ("a cat cat on a bench bench", "a dog on a bench", ["replace cat → dog"]),
        ("a man holding a book", "instead of a book, the man should hold a sword", ["replace book → sword"]),
        (
            "a table with a lamp",
            "in front of the table stands a chair with a lamp",
            ["add table → chair (in front of)"],
        ),
    ],
)
def test_the_right_one_is_named(caption: str, prompt: str, expected: list[str]) -> None:
    assert edits(caption, prompt) == expected


def test_what_stays_is_told_as_people_read_it() -> None:
    assert plan_edits("a dog on a bench, on the grass", "a cat on a bench, on the grass").keep == ("bench", "grass")


NOISE = [
    "masterpiece, best quality, {}, highly detailed, 8k uhd, dslr, sharp focus",
    "({}:1.2), <lora:add_detail:0.8>, <hypernet:soft:0.4>",
    "(masterpiece:1.4), {} BREAK intricate details AND 4k",
    "{}\nNegative prompt: lowres, bad anatomy, blurry\nSteps: 30, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1",
    "score_9, score_8_up, {}, trending on artstation, by wlop and artgerm",
    "{}, " + "ultra detailed, cinematic lighting, film grain, bokeh, award winning, absurdres, " * 10,
]
CHANGED = [
    ("a red ball left of an orange cat, on the grass", "a red ball left of a blue cat, on the grass"),
    ("a man sitting at a table with a cup", "a man sitting at a table with a book"),
    ("a house with a brown roof and a white fence", "a house with a green roof and a white fence"),
    ("a woman holding a handbag at a train station", "a woman at a train station"),
    ("a kitten sitting in a backyard", "a kitten sitting in a greenhouse"),
    (DOG, DOG),
]


@pytest.mark.parametrize(("caption", "prompt"), CHANGED)
@pytest.mark.parametrize("noise", NOISE)
def test_prompt_noise_changes_nothing(caption: str, prompt: str, noise: str) -> None:
    assert edits(caption, noise.format(prompt)) == edits(caption, prompt)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (r"a ((black)) dog sitting on a \(park\) bench", ["modify brown dog → black dog"]),
        ("a [brown|black] dog sitting on a bench in a park", []),
        ("a brown [dog:cat:0.5] sitting on a bench in a park", ["replace brown dog → brown cat"]),
        ("a brown_dog sitting on a bench in a {park", []),
        ("brown dog:1.3, bench, park", []),
        ("a “brown” dog — sitting on a bench in a park…", []),
    ],
)
def test_syntax_is_seen_through(prompt: str, expected: list[str]) -> None:
    assert edits(DOG, prompt) == expected


def test_the_negative_prompt_takes_away_what_the_prompt_leaves_out() -> None:
    caption = "a man with a tattoo and a hat and a beard and glasses"
    assert edits(caption, "a man with a beard and glasses\nNegative prompt: hat") == ["remove tattoo", "remove hat"]
    assert edits("a man with a tattoo", "a man\nNegative prompt: tattoo, lowres") == ["remove tattoo"]


def test_of_an_unsaid_adjective_the_picture_decides() -> None:
    shown, prompt = "a man on a bench", "an elderly man on a bench"
    assert plan_edits(shown, prompt, lambda phrases: [0.9] * len(phrases)).edits == ()
    asked = plan_edits(shown, prompt, lambda phrases: [0.9 * (phrase == "man") for phrase in phrases])
    assert brief(asked) == ["modify man → elderly man"]


def test_an_instruction_that_no_pattern_knows_does_nothing_and_says_so() -> None:
    plan = plan_edits(DOG, "photograph the dog")
    assert plan.edits == ()
    assert plan.residue
    assert plan.confidence < plan_edits(DOG, DOG).confidence


def test_named_target() -> None:
    assert brief(plan_target("red ball", "a blue ball on the grass")) == ["replace red ball → blue ball"]
    assert brief(plan_target("bench", "a dragon")) == ["replace bench → dragon"]
    assert brief(plan_target("bench", "")) == ["replace bench"]


@pytest.mark.parametrize(
    "text",
    ["", " ", ",,,", "((((", "]]]", "a", "'s", "of of of", "\x00", "😀🎉", "́́", "[a:b", "0.5)", "፪", "make & fight"],
)
def test_any_string_can_be_planned(text: str) -> None:
    for other in ("", DOG, text):
        assert isinstance(plan_edits(text, other), EditPlan)
        assert isinstance(plan_edits(other, text), EditPlan)
    assert isinstance(plan_target(text, DOG), EditPlan)


def test_random_strings_never_fail() -> None:
    rng = random.Random(7)
    records = [json.loads(line) for line in ADVERSARIAL.read_text("utf-8").splitlines()]
    words = sorted({word for record in records for word in f"{record['caption']} {record['prompt']}".split()})
    words += [
        "'s",
        "and",
        "of",
        "(",
        ")",
        "[",
        "|",
        ":1.3)",
        "<lora:",
        "BREAK",
        ",",
        "no",
        "it",
        "is",
        "by",
        "instead of",
    ]
    for _ in range(150):
        caption, prompt = (" ".join(rng.choices(words, k=rng.randint(0, 20))) for _ in range(2))
        assert isinstance(plan_edits(caption, prompt), EditPlan)
        assert isinstance(plan_target(caption, prompt), EditPlan)
    for _ in range(150):
        text = "".join(chr(rng.choice((rng.randint(32, 126), rng.randint(0, 0x2FFF)))) for _ in range(60))
        assert isinstance(plan_edits(DOG, text), EditPlan)


def test_a_very_long_prompt_is_read_to_its_limit() -> None:
    assert edits(DOG, DOG + ", best quality" * 2000) == []
    assert isinstance(plan_edits(DOG, "remove the cat and " * 1000), EditPlan)
