"""The scripts of the Extras tab, and the run that puts pictures through them. What they raise ends the whole run."""

from __future__ import annotations

from typing import Any


class PostprocessedImage:
    """One picture on its way through the scripts, with those that were made beside it."""

    def __init__(self, image: Any) -> None:
        self.image = image
        self.info: dict[str, Any] = {}
        self.extra_images: list[Any] = []
        self.nametags: list[str] = []
        self.disable_processing = False

    def create_copy(
        self, new_image: Any, *, nametags: list[str] | None = None, disable_processing: bool = False
    ) -> PostprocessedImage:
        made = PostprocessedImage(new_image)
        made.info = self.info.copy()
        made.nametags = self.nametags + (nametags or [])
        made.disable_processing = disable_processing
        return made


class ScriptPostprocessing:
    """What extensions inherit from."""

    order = 1000
    name: str | None = None

    def ui(self) -> dict[str, Any]:
        return {}

    def process(self, pp: PostprocessedImage, **args: Any) -> None:
        raise NotImplementedError


def extras(script: ScriptPostprocessing, files: list[Any], **args: Any) -> list[PostprocessedImage]:
    """The Extras tab with one script: every file, each followed by the pictures made beside it."""
    done = []
    for file in files:
        pp = PostprocessedImage(file)
        script.process(pp, **args)
        done += [pp, *pp.extra_images]
    return done
