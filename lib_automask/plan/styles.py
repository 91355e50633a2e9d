"""Restyle: finds what a text says about the medium or style of the whole picture, and takes it out.

Structure is the fallback where the word lists end: "⟨anything⟩ of ⟨the caption's subject⟩" names a medium.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from lib_automask.plan import lexicon

ARTICLE = r"(?:an?|the|this|some)"
OPENING = re.compile(rf"^(?:{ARTICLE} )?((?:[\w'/-]+ ){{0,5}}?[\w'/-]+) (?:of|depicting|showing|portraying|representing|featuring|that (?:shows|depicts)) (.+)$")
IN_STYLE = (
    re.compile(r",? ?\b(?:in|using|with|done in|painted in|drawn in|rendered in) (?:the |an? )?(?:art |artistic |visual )?(?:style|manner|look) of (?:an? )?(.+)$"),
    re.compile(rf",? ?\b(?:in|with|using) (?:{ARTICLE} )?([\w'/ -]{{2,30}}?)[ -](?:art )?(?:style|look|aesthetic|filter|effect)$"),
    re.compile(r",? ?\b(?:painted|drawn|rendered|sketched|illustrated|depicted) (?:with|using|by|like) (.+?)(?: like .+)?$"),
    re.compile(r"^(?:in )?(?:the )?style of (.+)$"),
    re.compile(rf"^(?:{ARTICLE} )?([\w'/ -]{{2,30}}?)[ -](?:art )?(?:style|aesthetic|filter|effect)$"),
    re.compile(rf",? ?\b(?:rendered|painted|drawn|depicted|done|made|illustrated|shown|imagined|portrayed|pictured|reimagined)? ?(?:as if it (?:were|was)|as though it (?:were|was)|as|in|like) ((?:{ARTICLE} )?[\w'/ -]{{2,40}})$"),
)  # fmt: skip


def take_styles(clauses: list[str], subjects: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """The clauses without what they say of style, and the styles as typed.

    Args:
        clauses: in lower case.
        subjects: words of the caption's things, for the structural fallback.
    """
    kept: list[str] = []
    styles: list[str] = []
    for clause in clauses:
        rest, style = _split(clause, subjects, first=not kept)
        styles += [style] if style else []
        kept += [rest] if rest else []
    return kept, styles


def names_style(phrase: str) -> bool:
    """Whether a whole phrase is a style: "oil painting", "low poly 3d render", "anime"."""
    words = _without_article(phrase).split()
    if not words or len(words) > 6:
        return False
    ends = any(" ".join(words[-n:]) in _media() for n in (1, 2, 3) if n <= len(words))
    return ends or any(" ".join(words[:n]) in _media() for n in (2, 3))


def is_photo(style: str) -> bool:
    """A style that is none: "a photo of"."""
    words = style.split()
    drawn = any(f" {medium} " in f" {style} " for medium in _media())
    return bool(words) and (words[-1] in lexicon.names("styles", "photo") or " ".join(words[-2:]) in lexicon.names("styles", "photo")) and not drawn


@cache
def _media() -> frozenset[str]:
    return lexicon.names("styles", "medium")


def _without_article(phrase: str) -> str:
    return re.sub(rf"^{ARTICLE} ", "", phrase.strip())


def _split(clause: str, subjects: Collection[str], first: bool) -> tuple[str, str]:
    """(the rest of the clause, its style); either may be ""."""
    if match := OPENING.match(clause):
        medium = match[1]
        begins = first or subjects_named(" ".join(match[2].split()[:4]), subjects)
        begins = begins and not _is_clause(medium)
        if begins and (names_style(medium) or is_photo(medium) or _by_structure(medium, match[2], subjects)):
            return match[2], medium
    for pattern in IN_STYLE:
        if (match := pattern.search(clause)) and _is_said_style(pattern, match[1]):
            return clause[: match.start()].strip(" ,"), _without_article(match[1])
    if names_style(clause) and not set(clause.split()).intersection(subjects):
        return "", _without_article(clause)
    return _split_end(clause, subjects)


def _is_clause(medium: str) -> bool:
    """ "a man taking a picture" is no medium."""
    words = medium.split()
    closed = lexicon.names("grammar", "determiner") | lexicon.names("grammar", "preposition")
    verbs = [word for word in words if word.endswith("ing") and word not in lexicon.names("grammar", "ing nouns")]
    return bool(verbs) or not closed.isdisjoint(words)


def _is_said_style(pattern: re.Pattern[str], style: str) -> bool:
    """The last pattern ("as a ...", "in ...") needs a listed medium; the others say "style" themselves."""
    return pattern is not IN_STYLE[-1] or names_style(style)


def _split_end(clause: str, subjects: Collection[str]) -> tuple[str, str]:
    """ "a fox in the snow oil painting": two listed words at the end, without an article of their own."""
    words = clause.split()
    for length in (3, 2):
        style = " ".join(words[-length:])
        before = words[-length - 1] if len(words) > length + 1 else "a"
        listed = words[-1] in _media() and (words[-2] in _media() or style in _media()) if len(words) > 1 else False
        if listed and before not in ("a", "an", "the", "with", "of", "his", "her") and not subjects_named(style, subjects):
            return " ".join(words[:-length]), style
    return clause, ""


def subjects_named(style: str, subjects: Collection[str]) -> bool:
    """Whether a phrase that looks like a style is a thing of the caption."""
    return bool(set(style.split()).intersection(subjects))


def _by_structure(medium: str, rest: str, subjects: Collection[str]) -> bool:
    """An unlisted word before "of ⟨the caption's subject⟩", that neither counts nor holds it."""
    head = lexicon.singular(medium.split()[-1])
    function = lexicon.names("grammar", "collective") | lexicon.names("grammar", "view")
    if head in function or lexicon.kinds(head) or set(medium.split()) & set(subjects) or head in subjects:
        return False
    if any(word in lexicon.names("grammar", "preposition") or word.endswith("ing") for word in medium.split()):
        return False
    if lexicon.mapping("grammar", "number").get(medium.split()[-1] + " of"):
        return False
    first = [lexicon.singular(word) for word in rest.split()[:5]]
    return bool(set(first).intersection(subjects))
