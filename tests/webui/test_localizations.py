"""The translations of panel and settings page: complete, and nothing beside."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

gradio = pytest.importorskip("gradio", reason="gradio is not installed here")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

from modules import shared  # noqa: E402
from page_texts import EXAMPLES, HOST_TEXTS, collect_texts  # noqa: E402

FOLDER = Path(__file__).parents[2] / "localizations"
LANGUAGES = ("zh_CN", "zh_TW", "ja_JP", "ko_KR", "ru_RU", "de_DE", "fr_FR", "es_ES")


@pytest.fixture
def texts(webui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every English text of both pages, built without models in place and without presets of the user."""
    monkeypatch.setattr(shared, "models_path", str(tmp_path))
    monkeypatch.setattr(shared, "data_path", str(tmp_path))
    if not gradio.__version__.startswith("3."):  # Forge lets extensions go on writing gradio 3's ``_js``
        click = gradio.Button.click
        monkeypatch.setattr(
            gradio.Button, "click", lambda self, *args, _js=None, **more: click(self, *args, js=_js, **more)
        )
    return collect_texts()


def read_language(name: str) -> dict[str, str]:
    """One file; a text that stands in it twice is an error."""

    def check(pairs: list[tuple[str, str]]) -> dict[str, str]:
        assert [text for text, count in Counter(text for text, _ in pairs).items() if count > 1] == []
        return dict(pairs)

    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"), object_pairs_hook=check))


def test_these_are_the_languages() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(LANGUAGES)


def test_the_texts_of_both_pages_are_found(texts: set[str]) -> None:
    """Labels, help, placeholders, choices, buttons, titles in HTML, and settings, each known by one."""
    assert texts >= {
        "Target", "Pixels by which the mask grows; negative shrinks it.", "found by itself", "keep picture",
        "Preview mask", "Take back all corrections", "Where the models run", "auto is where the checkpoint runs",
        "Fetch missing models", "Portrait retouch",
    }  # fmt: skip
    assert not texts & (HOST_TEXTS | EXAMPLES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_that_is_gone(texts: set[str], language: str) -> None:
    translated = read_language(language)
    assert sorted(texts - set(translated)) == [], "texts of the page that the file lacks"
    assert sorted(set(translated) - texts) == [], "texts of the file that the page no longer has"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_whole_and_keep_what_is_written_literally(language: str) -> None:
    for text, translation in read_language(language).items():
        assert translation.strip() == translation != ""
        for literal in ("docs/recipes.md", "models/matting", "sam/", "BLIP/", "Ctrl+Z", "automask"):
            if literal in text:
                assert literal in translation or (literal == "Ctrl+Z" and "Strg+Z" in translation), (text, translation)
