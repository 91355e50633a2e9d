"""Prints docs/why.md: twenty edits of drawn pictures, each with its sentence of why.

python -m examples.why > docs/why.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.icon_world.scenes import Scene, Thing, draw
from examples.demo import make_scene
from lib_automask import MaskRequest, Models, Options, build_mask, load_models


@dataclass(frozen=True)
class Example:
    """A picture and what its user types.

    Args:
        title: of its section.
        scene: what is drawn.
        prompt: what the picture should become.
        target: what the user names, or "".
        own_prompt: what the picture was made with, "" where its file has no prompt.
    """

    title: str
    scene: Scene
    prompt: str
    target: str = ""
    own_prompt: str = ""


def two_things(ground: str, first: Thing, second: Thing) -> Scene:
    return make_scene(ground, 3, first, second)


BALL_AND_CAT = two_things(
    "grass", Thing("ball", "red", 0.28, 0.55, 0.19, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.2, 4, 1)
)
CAR_AND_HOUSE = two_things(
    "road", Thing("car", "blue", 0.3, 0.6, 0.2, 0, 1.1), Thing("house", "white", 0.7, 0.45, 0.21, 0, 1)
)
TWO_CARS = two_things(
    "road", Thing("car", "blue", 0.28, 0.55, 0.2, 0, 1.1), Thing("car", "red", 0.72, 0.55, 0.2, 0, 1.1)
)
TWO_BALLS = two_things(
    "sand", Thing("ball", "green", 0.27, 0.5, 0.18, 0, 1), Thing("ball", "green", 0.73, 0.5, 0.18, 0, 1)
)
FISH = make_scene("water", 9, Thing("fish", "yellow", 0.5, 0.55, 0.26, -6, 1))
FLOWER = make_scene("sand", 11, Thing("flower", "white", 0.3, 0.62, 0.18, 0, 1))
IN_THE_SNOW = make_scene(
    "snow",
    7,
    Thing("dog", "purple", 0.2, 0.5, 0.16, 0, 1),
    Thing("tree", "green", 0.5, 0.4, 0.18, 0, 1),
    Thing("cup", "red", 0.8, 0.6, 0.15, 5, 1),
)

EXAMPLES = (
    Example("replace, in a sentence", BALL_AND_CAT, "a blue star left of an orange cat, on the grass"),
    Example("replace, as an instruction", CAR_AND_HOUSE, "replace the house with a green tree"),
    Example("modify, in a sentence", CAR_AND_HOUSE, "a yellow car left of a white house, on the road"),
    Example("modify, as tags", CAR_AND_HOUSE, "purple car, white house, road, masterpiece, best quality"),
    Example("modify, as an instruction", BALL_AND_CAT, "make the cat black"),
    Example("add, in a sentence", FLOWER, "a white flower on the sand, and a green box right of the white flower"),
    Example("add, as an instruction", FISH, "add a red heart above the fish"),
    Example("remove, in a sentence", IN_THE_SNOW, "a purple dog and a green tree, in the snow"),
    Example("remove, as an instruction", BALL_AND_CAT, "remove the ball"),
    Example("background, in a sentence", FISH, "a yellow fish at night"),
    Example("background, as an instruction", FLOWER, "change the background to grass"),
    Example("restyle", BALL_AND_CAT, "an oil painting of a red ball left of an orange cat, on the grass"),
    Example("two edits at once", IN_THE_SNOW, "a black dog, a green tree and a yellow star, in the snow"),
    Example(
        "WebUI syntax: weights, LoRA, BREAK, an escape",
        CAR_AND_HOUSE,
        r"masterpiece \(8k\), a (green car:1.3) left of a ((white house)) BREAK on the road <lora:toy_world:0.7>",
    ),
    Example("one of two, by its colour", TWO_CARS, "make the red car yellow"),
    Example("one of two, by its side", TWO_BALLS, "remove the ball on the left"),
    Example("nothing changes", BALL_AND_CAT, "an orange cat right of a red ball, on the grass, highly detailed, 8k"),
    Example("not sure: hardly anything is left", FISH, "a rusty robot in a dark city"),
    Example("a target that the user names", IN_THE_SNOW, "a yellow star", target="the tree"),
    Example(
        "by the picture's own prompt",
        BALL_AND_CAT,
        "red ball, black cat, meadow, best quality",
        own_prompt="red ball, orange cat, meadow, best quality",
    ),
)


INTRODUCTION = """# Why

Every result of automask carries one sentence of why: what the picture shows, what the prompt asks, what changes and
what stays. It stands in the page, the log, the infotext and the API's answer. These are twenty edits with the sentence
as the program said it. The page is made by `python -m examples.why`, on drawn pictures and with the demo models, which
know a closed world of twelve things, eight colours and six grounds."""


def main() -> None:
    print(render_page(load_models("demo")), end="")


def render_page(models: Models) -> str:
    """The whole page, in Markdown."""
    lines = [INTRODUCTION]
    for number, example in enumerate(EXAMPLES, 1):
        lines += ["", f"## {number}. {example.title}", "", *describe_example(example, models)]
    return "\n".join(lines) + "\n"


def describe_example(example: Example, models: Models) -> Sequence[str]:
    """Lines of Markdown: what is drawn and typed, and the result."""
    options = Options(target=example.target)
    request = MaskRequest(draw(example.scene), example.prompt, options=options, own_prompt=example.own_prompt)
    result = build_mask(request, models)
    covered = f"{result.coverage:.0%} of the picture" if result.outcome == "mask" else "none"
    inputs = {"drawn": example.scene.caption, "made with": example.own_prompt, "prompt": example.prompt}
    inputs["target"] = example.target
    return [
        *(f"- {name}: `{text}`" for name, text in inputs.items() if text),
        f"- mask: {covered}",
        "",
        f"> {result.why}",
    ]


if __name__ == "__main__":
    main()
