"""A story told round one change, cut down to the change.

    the sailor still has his pipe, but his cap, which used to be white, is now red   →   his cap is now red
    he is still at his chessboard, but he has dozed off over the game                →   he has dozed off over the game

What only says that all is as it was goes; a pronoun that is left speaks of whom the story was about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib_automask.plan.telling import THE, put_plainly

OPENS = r"(?:^|(?<=[,;.:] ))"
WAS = r"(?:was|were|did|does|do|had|has|have|been|stood|sat|lay|hung|looked|left|always|ever|once|before|there)"
ANYMORE = (
    r"any longer|any more|anymore|overnight|today|this time|for once|meanwhile|in the meantime|all of a sudden|suddenly"
)
BEFORE = tuple(
    map(
        re.compile,
        (
            # his cap, which used to be white, is now red
            r", (?:which|that|who) (?:used to be|(?:was|were)(?: once| before)?|(?:had|has|have)(?: always)? been) "
            r"[^,;]+,",
            # the man who was sitting on the sofa is now lying on it
            r" (?:which|that|who) (?:was|were|used to) [^,;]+?(?= (?:is|are|has|have) now\b)",
            # as grey as ever they were
            r",? ?\b(?:just )?as \w+ as (?:ever|before|always)(?: (?:it|they|he|she) (?:was|were))?\b",
            # just as it did; exactly where it was left; the way they were
            r",? ?\b(?:just |exactly |precisely )*(?:as|the way|where|how|like) (?:it|they|he|she|you|everything) "
            rf"(?:{WAS} ?)+(?=[,;:.]|$| and | but )",
            # while everything else is the way it was, the nun ...
            rf"{OPENS}(?:while|whereas|although|though) [^,;.]*\b(?:everything|nothing|all|nobody)\b[^,;.]*, ",
            rf"\b(?:{ANYMORE})\b",
        ),
    )
)
"""How things were is no part of how they are to be."""
ASIDES = tuple(
    map(
        re.compile,
        (
            # there he is again, the same boy
            r"\b(?:there|here) (?:he|she|it|they|we) (?:is|are)(?: again)?(?=,)",
            # look closely, though, and
            rf"{OPENS}(?:and |but |now |if you )*(?:look|compare|note|mind you|observe|take a look)\b"
            r"(?: (?:again|closely|closer|carefully|harder|once more|at it|the two(?: pictures)?|it)){0,3}"
            r"(?:, (?:however|though|now))?(?:,? and|[,:]) ",
            # you will find only one thing different
            r"\b(?:you|we|one)(?:'ll|'d| will| would| can| may| might| could)? (?:now |also |just |only )?"
            r"(?:notice|see|find|observe|spot|discover|realise|realize) "
            r"(?:only |just )?(?:one (?:thing|difference|change)(?: (?:different|changed|new))?:?|that)? ?",
        ),
    )
)
"""What is said to the reader."""
MERELY = re.compile(r"\b(?:(?:happens?|turns? out|proves?|seems?|appears?) to be|has become|have become)\b")
BUT = re.compile(
    r";\s*|[,;.:]?\s*(?:\band )?\b(?:but|yet|however|except(?: that| for)?|just that|save that|"
    rf"apart from the fact that|only(?= (?:{THE}|he|she|it|they|that|today|now|this)\b))\b,?\s*(?:that )?(?:now )?"
)
CONSTANT = re.compile(
    r"\b(?:still|unchanged|as ever|as always|untouched|intact|as before|nobody has (?:touched|moved|changed)|"
    r"(?:has|have|had|did) not (?:been )?(?:moved?|changed?|touched)|neither (?:has|have|is|are|did|does)|"
    rf"so (?:is|are|has|have|does|do)|in {THE} usual (?:place|spot)s?|"
    r"(?:stays?|remains?|is|are) (?:just |exactly )?(?:the same|as (?:it|they) (?:was|were)|where))\b"
)
NEW = re.compile(rf"\b(?:now|no longer|instead|gone|missing|turned|become|{ANYMORE})\b")
SPOKEN_OF = re.compile(
    r"^(?:the|his|her|this) (?:[\w'-]+ ){1,3}?(?=(?:is|are|still|has|have|stands?|sits?|remains?|stays?)\b)"
)
WEATHER = r"(?:'s| is)(?: now)? (?:\w+ly )?(?:raining|snowing|hailing|storming|night|dark|sunny|day)"
THEY = re.compile(rf"^(?:he|she|they|it(?!{WEATHER}))\b(?:'s)?")


@dataclass(frozen=True)
class Told:
    """What of a prompt says what is to be; ``partial`` where the rest was said to stay."""

    text: str
    partial: bool = False


def only_change(text: str) -> Told:
    """The prompt without what it says of how things were; as it is, where it tells no story."""
    text = put_plainly(text)
    parts = [part for part in BUT.split(text) if part.strip(" ,;.")]
    told = [part for part in parts if not _says_nothing_new(part)]
    if len(told) in (0, len(parts)):
        return Told(_plain(text) or text)
    about = SPOKEN_OF.match(_plain(text))
    return Told(", ".join(THEY.sub(_named(about), _plain(part)) for part in told), partial=True)


def _says_nothing_new(part: str) -> bool:
    """Whether a part only says how things were, and still are."""
    constant = CONSTANT.search(part) or any(pattern.search(part) for pattern in BEFORE)
    return bool(constant) and not NEW.search(part)


def _plain(text: str) -> str:
    """Without how things were, and without what is said to the reader."""
    for pattern in (*BEFORE, *ASIDES):
        text = pattern.sub(" ", text)
    return re.sub(r"\s+(?=[,;:.])|(?<=\s)\s+", "", MERELY.sub("is", text)).strip(" ,;.")


def _named(about: re.Match[str] | None) -> str:
    """Whom "he" means, in words: "the old man"."""
    return about[0].strip() if about else r"\g<0>"
