"""Restyle: finds what a text says about the medium or style of the whole picture, and takes it out.

Structure is the fallback where the word lists end: "⟨anything⟩ of ⟨the caption's subject⟩" names a medium.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from lib_automask.plan import vocabulary
from lib_automask.plan.word_lists import list_names

ARTICLE = r"(?:(?:an?|the|this|some) )?"
NAME = r"([\w'/ -]{2,40}?)"
STYLE = r"[ -](?:art )?(?:style|look|aesthetic|filter|effect|graphics)"
DEPICTS = r"(?:of|depicting|showing|portraying|representing|featuring|in which|on which|where|that shows|that depicts)"
DRAWN = (
    r"(?:rendered|painted|drawn|sketched|depicted|done|made|illustrated|shown|imagined|portrayed|pictured|reimagined)"
)
TURNED = r"(?:turned|converted|transformed|made) (?:in)?to"
AS_IF = r"(?:as if it (?:were|was)|as though it (?:were|was)|as|in|like)"

OPENING = re.compile(rf"^{ARTICLE}((?:[\w'/-]+ ){{0,5}}?[\w'/-]+) {DEPICTS} (.+)$")
SAID = (
    re.compile(rf",? ?\b(?:in|using|with|{DRAWN} in) {ARTICLE}(?:\w+ )?(?:style|manner|look) of {ARTICLE}(.+)$"),
    re.compile(rf",? ?\b(?:in|with|using) {ARTICLE}{NAME}{STYLE}$"),
    re.compile(rf",? ?(?<!being )(?<!is )(?<!are )\b{DRAWN} (?:with|using|by|like) (.+?)(?: like .+)?$"),
    re.compile(r"^(?:in )?(?:the )?style of (.+)$"),
    re.compile(
        rf",? ?\b(?:looking )?(?:as if|as though|as|like|the way) {ARTICLE}{NAME} "
        rf"(?:had|would have|would|might have|did) (?:{DRAWN}|paint|draw|sketch)(?: (?:it|this|them|that))?$"
    ),
    re.compile(rf"^{ARTICLE}{NAME}{STYLE}$"),
    # a clause of its own: "embroidered on linen"
    re.compile(
        r"^((?:hand[- ])?(?:embroidered|stitched|woven|printed|engraved|etched|drawn|painted|sketched|airbrushed|"
        r"stenciled|carved|burned|sprayed|spray[- ]painted|tattooed|scratched|scribbled) (?:on|onto|into|in) [\w' -]+)$"
    ),
)
"""These say themselves that what they catch is a style."""
PERHAPS = re.compile(rf",? ?\b(?:(?:{DRAWN} )?{AS_IF}|{TURNED}) ({ARTICLE}[\w'/ -]{{2,40}})$")
"""This needs a listed medium: "as a watercolor"."""


def _whole(clause: str) -> str:
    """ "a page from a manga with a cat" → "manga of a cat": a part of a medium stands for it."""
    match = _page().match(clause)
    return re.sub(r"^((?:[\w'-]+ ){1,3}?)with ", r"\1of ", clause[match.end() :]) if match else clause


@cache
def _page() -> re.Pattern[str]:
    media = "|".join(map(re.escape, sorted(_media(), key=len, reverse=True)))
    parts = "(?:page|panel|frame|still|spread|cel|sheet|cover) (?:from|out of|in|on|of)"
    views = "(?:scene|screenshot|screencap|illustration|picture|image|shot) (?:from|out of|in)"
    return re.compile(rf"^{ARTICLE}(?:\w+ )?(?:{parts}|{views}) {ARTICLE}(?=(?:[\w-]+ ){{0,2}}(?:{media})\b)")


def take_styles(
    clauses: list[str], subjects: Collection[str] = (), doing: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """The clauses without what they say of style, and the styles as typed.

    Args:
        clauses: in lower case.
        subjects: nouns of the caption's things, for the structural fallback.
        doing: what is done in the caption: "painting", of a painter, is no style.
    """
    kept: list[str] = []
    styles: list[str] = []
    for clause in map(_whole, clauses):
        if clause in doing and names_style(clause):
            continue
        rest, style = _split(clause, subjects, first=not kept)
        styles += [style] if style else []
        kept += [rest] if rest else []
    return kept, styles


def names_style(phrase: str) -> bool:
    """Whether a whole phrase is a style: "oil painting", "low poly 3d render", "anime"."""
    words = _without_article(phrase).split()
    if " ".join(words) in _media():
        return True
    if not words or len(words) > 6 or _is_clause(words):
        return False
    if words[-1] in list_names("styles", "style word") and names_style(" ".join(words[:-1])):
        return True
    if words[-1] in list_names("styles", "photo") and any(f" {medium} " in f" {phrase} " for medium in _media()):
        return True  # "a grainy black and white photo"
    ends = [" ".join(words[-length:]) for length in (1, 2, 3)]
    return not _media().isdisjoint([*ends, " ".join(words[:2]), " ".join(words[:3])])


def is_photo(style: str) -> bool:
    """A style that is none: "a photo of"."""
    words, photos = style.split(), list_names("styles", "photo")
    drawn = any(f" {medium} " in f" {style} " for medium in _media())
    return not drawn and (" ".join(words[-1:]) in photos or " ".join(words[-2:]) in photos)


@cache
def _media() -> frozenset[str]:
    return list_names("styles", "medium")


def _without_article(phrase: str) -> str:
    return re.sub(rf"^{ARTICLE}", "", phrase.strip())


def _split(clause: str, subjects: Collection[str], first: bool) -> tuple[str, str]:
    """(the rest of the clause, its style); either may be ""."""
    if (match := OPENING.match(clause)) and _opens(match[1], match[2], subjects, first):
        rest, style = _split(match[2], subjects, first=False) if is_photo(match[1]) else (match[2], "")
        return (rest, style) if style else (match[2], match[1])
    for pattern in SAID:
        match = pattern.search(clause)
        if match:
            return clause[: match.start()].strip(" ,"), _without_article(match[1])
    for start in (match.start() for match in re.finditer(r",? \b|^", clause)):
        if (match := PERHAPS.match(clause, start)) and names_style(match[1]):
            return clause[:start].strip(" ,"), _without_article(match[1])
    style = next((one for one in _starts(clause) if one in list_names("styles", "before a subject")), "")
    if style and _mentions(clause.split()[len(style.split()) :][:4], subjects):
        return clause.removeprefix(style).strip(), style  # "claymation viking"
    if names_style(clause) and not _mentions(clause.split(), subjects):
        return "", _without_article(clause)
    return _split_end(clause, subjects)


def _starts(clause: str) -> Iterator[str]:
    words = clause.split()
    return (" ".join(words[:length]) for length in (3, 2, 1) if length < len(words))


def _opens(medium: str, rest: str, subjects: Collection[str], first: bool) -> bool:
    """Whether "⟨medium⟩ of ⟨rest⟩" is about the whole picture; further back only before the caption's subject."""
    if medium.split()[-1] in list_names("styles", "solid"):
        return False
    begins = first or _mentions(rest.split()[:4], subjects)
    return begins and not _is_clause(medium.split()) and (names_style(medium) or is_photo(medium))


def _is_clause(words: list[str]) -> bool:
    """ "a man taking a picture" is no medium."""
    closed = list_names("grammar", "determiner") | list_names("grammar", "preposition") | {"out", "instead"}
    doing = [word for word in words if word.endswith("ing") and word not in list_names("grammar", "ing nouns")]
    return bool(doing) or not closed.isdisjoint(words)


def _mentions(words: list[str], subjects: Collection[str]) -> bool:
    return any(word in subjects or vocabulary.singular_of(word) in subjects for word in words)


def _split_end(clause: str, subjects: Collection[str]) -> tuple[str, str]:
    """ "a fox in the snow oil painting": two listed words at the end, without an article of their own."""
    words = clause.split()
    owning = list_names("grammar", "determiner") | list_names("grammar", "possessive") | {"with", "of"}
    for length in (3, 2):
        rest, style = words[:-length], words[-length:]
        listed = style[-1] in _media() and (" ".join(style) in _media() or (style[-2:-1] and style[-2] in _media()))
        if rest and listed and rest[-1] not in owning and not _mentions(style, subjects):
            return " ".join(rest), " ".join(style)
    return clause, ""
