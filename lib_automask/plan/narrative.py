"""A story told round one change, cut down to the change.

    the sailor still has his pipe, but his cap, which used to be white, is now red   →   his cap is now red
    the park is as green as ever; he has only dozed off over his book                →   he has dozed off over his book

What only says that all is as it was goes; a pronoun that is left speaks of whom the story was about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOW = r"(?:was|were|did|does|do|had|has|have|been|stood|sat|lay|hung|looked|left|always|ever|once|before|there)"
BEFORE = (
    # his cap, which used to be white, is now red
    re.compile(r",? (?:which|that|who) (?:used to be|(?:was|were)(?: once| before)?|(?:had|has|have)(?: always)? been) [^,;]+,"),
    # as grey as ever they were
    re.compile(r",? ?\b(?:just )?as \w+ as (?:ever|before|always)(?: (?:it|they|he|she) (?:was|were))?\b"),
    # just as it did; exactly where it was left; the way they were
    re.compile(
        r",? ?\b(?:just |exactly |precisely )*(?:as|the way|where|how|like) (?:it|they|he|she|you|everything) "
        rf"(?:{NOW} ?)+(?=[,;:.]|$| and | but )"
    ),
    # no longer red but blue
    re.compile(r"(?<=\bis )(?:no longer|not) (?:[\w'-]+ ){1,5}?but (?:now |rather |instead )?(?!not\b)"),
    re.compile(r"(?<=\bare )(?:no longer|not) (?:[\w'-]+ ){1,5}?but (?:now |rather |instead )?(?!not\b)"),
    re.compile(r"\b(?:any longer|any more|anymore|overnight|meanwhile|in the meantime|all of a sudden|suddenly)\b"),
)
"""How things were is no part of how they are to be."""
ASIDES = (
    re.compile(r"\b(?:there|here) (?:he|she|it|they|we) (?:is|are)(?: again)?(?=,)"),
    re.compile(
        r"(?:^|(?<=[,;.:] ))(?:and )?(?:but )?(?:now )?(?:if you )?(?:look|compare|note|mind you|observe|take a look)\b"
        r"(?: (?:again|closely|closer|carefully|harder|once more|at it|the two(?: pictures)?|it)){0,3}"
        r"(?:, (?:however|though|now))?,?(?: and|:)? "
    ),
    re.compile(
        r"\b(?:you|we|one)(?:'ll|'d| will| would| can| may| might| could)? (?:now |also |just |only )?"
        r"(?:notice|see|find|observe|spot|discover|realise|realize) "
        r"(?:only |just )?(?:one (?:thing|difference|change)(?: (?:different|changed|new))?:?|that)? ?"
    ),
)
"""What is said to the reader."""
MERELY = re.compile(r"\b(?:(?:happens?|turns? out|proves?|seems?|appears?) to be|has become|have become)\b")
BUT = re.compile(
    r"[,;.:]?\s*(?:\band )?\b(?:but|yet|however|except(?: that| for)?|only(?= (?:the|his|her|its|their|he|she|it|they|that)\b)|"
    r"just that|save that|apart from the fact that)\b,?\s*(?:that )?(?:now )?"
)
CONSTANT = re.compile(
    r"\b(?:still|unchanged|as ever|as always|untouched|intact|as before|in (?:its|their|his|her) usual (?:place|spot|spots|places)|"
    r"(?:stays?|remains?|is|are) (?:just |exactly )?(?:the same|as (?:it|they) (?:was|were)|where))\b"
)
SPOKEN_OF = re.compile(r"^(?:the|his|her|this) (?:[\w'-]+ ){1,3}?(?=(?:is|are|still|has|have|stands?|sits?|remains?|stays?)\b)")
THEY = re.compile(r"^(?:he|she|it|they)\b(?:'s(?= \w+ing\b)|'s)?")


@dataclass(frozen=True)
class Told:
    """What of a prompt says what is to be; ``partial`` where the rest was said to stay."""

    text: str
    partial: bool = False


def only_change(text: str) -> Told:
    """The prompt without what it says of how things were; as it is, where it tells no story."""
    plain = text
    for pattern in (*BEFORE, *ASIDES):
        plain = pattern.sub(" now " if "no longer" in pattern.pattern else " ", plain)
    plain = re.sub(r"\s+(?=[,;:.])|(?<=\s)\s+", "", MERELY.sub("is", plain)).strip(" ,;")
    parts = [part.strip(" ,;.") for part in BUT.split(plain)]
    told = [part for part in parts if part and not CONSTANT.search(part)]
    if len(told) in (0, len([part for part in parts if part])):
        return Told(plain or text)
    about = SPOKEN_OF.match(plain)
    return Told(", ".join(THEY.sub(_named(about), part) for part in told), partial=True)


def _named(about: re.Match[str] | None) -> str:
    """Whom "he" means, in words: "the old man"."""
    return about[0].strip() if about else r"\g<0>"
