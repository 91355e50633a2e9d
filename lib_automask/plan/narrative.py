"""A story told round one change, cut down to the change.

    the sailor still has his pipe, but his cap, which used to be white, is now red   →   his cap is now red
    the park is as green as ever; he has only dozed off over his book                →   he has dozed off over his book

What only says that all is as it was goes; a pronoun that is left speaks of whom the story was about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOW = r"(?:was|were|did|does|do|had|has|have|been|stood|sat|lay|hung|looked|left|always|ever|once|before|there)"
RECOLOURED = re.compile(
    r"(?:it is |it's )?(?P<old>(?:the|his|her|its|their) [\w' -]+?)(?: (?:that|which))? (?:has|have)(?: now)? (?:changed|turned)"
    r"(?: (?:its|their|his|her))?(?: colou?rs?| material| size)?,? from (?P<from>[\w' -]+?) (?:in)?to "
)
""" "it is the wig that has changed colour, from green to orange"."""
LOOKED_AT = re.compile(
    r"(?:if|when|once) you look at (?P<old>(?:the|his|her|its|their) [\w' -]+?),? (?:now )?(?:you(?:'ll| will) )?"
    r"(?:find|see|notice|discover)?(?: that)? ?(?:them|it|they are|it is|he is|she is) (?:to be )?"
)
""" "if you look at its sails you will find them black"."""
NOT_BUT = re.compile(
    r"(?<=(?:is|re)) (?:no longer|not) (?:[\w'-]+ ){1,5}?(?:any more |anymore )?but (?:now |rather |instead )?(?!not\b)"
)
""" "its stripes are no longer red but blue"."""
DOES_NOT_BUT = re.compile(
    r"(?:no longer|does not|doesn't|do not|don't|is not|isn't) (?P<verb>\w+) (?P<old>(?:an?|the) [\w' ]+?) "
    r"but (?:now |rather |instead )?(?P<new>(?:an?|the) [\w' -]+)"
)
""" "no longer rides a bicycle but a donkey"."""
INSERTED = re.compile(
    r"\b((?:the|his|her|its|their) [\w' -]+), (?:though|however|meanwhile|by contrast|of course),"
    r"(?= (?:is|are|has|have|was|were|should|now)\b)"
)
""" "the cat, though, is gone"."""
BEFORE = (
    # his cap, which used to be white, is now red
    re.compile(
        r",? (?:which|that|who) (?:used to be|(?:was|were)(?: once| before)?|(?:had|has|have)(?: always)? been) [^,;]+,"
    ),
    # as grey as ever they were
    re.compile(r",? ?\b(?:just )?as \w+ as (?:ever|before|always)(?: (?:it|they|he|she) (?:was|were))?\b"),
    # just as it did; exactly where it was left; the way they were
    re.compile(
        r",? ?\b(?:just |exactly |precisely )*(?:as|the way|where|how|like) (?:it|they|he|she|you|everything) "
        rf"(?:{NOW} ?)+(?=[,;:.]|$| and | but )"
    ),
    # while everything else is the way it was, the nun ...
    re.compile(
        r"(?:^|(?<=[,;.:] ))(?:while|whereas|although|though) [^,;.]*\b(?:everything|nothing|all|nobody)\b[^,;.]*, "
    ),
    re.compile(
        r"\b(?:any longer|any more|anymore|overnight|today|this time|for once|meanwhile|in the meantime|all of a sudden|suddenly)\b"
    ),
)
"""How things were is no part of how they are to be."""
ASIDES = (
    re.compile(r"\b(?:there|here) (?:he|she|it|they|we) (?:is|are)(?: again)?(?=,)"),
    re.compile(
        r"(?:^|(?<=[,;.:] ))(?:and )?(?:but )?(?:now )?(?:if you )?(?:look|compare|note|mind you|observe|take a look)\b"
        r"(?: (?:again|closely|closer|carefully|harder|once more|at it|the two(?: pictures)?|it)){0,3}"
        r"(?:, (?:however|though|now))?(?:,? and|[,:]) "
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
    r";\s*|[,;.:]?\s*(?:\band )?\b(?:but|yet|however|except(?: that| for)?|only(?= (?:the|his|her|its|their|he|she|it|they|that|today|now|this)\b)|"
    r"just that|save that|apart from the fact that)\b,?\s*(?:that )?(?:now )?"
)
CONSTANT = re.compile(
    r"\b(?:nobody has (?:touched|moved|changed)|(?:has|have|had|did) not (?:been )?(?:moved?|changed?|touched)|"
    r"neither (?:has|have|is|are|did|does)|so (?:is|are|has|have|does|do)|still|unchanged|as ever|as always|untouched|intact|as before|in (?:its|their|his|her) usual (?:place|spot|spots|places)|"
    r"(?:stays?|remains?|is|are) (?:just |exactly )?(?:the same|as (?:it|they) (?:was|were)|where))\b"
)
NEW = re.compile(
    r"\b(?:now|no longer|any longer|any more|anymore|this time|today|instead|gone|missing|turned|become)\b"
)
SPOKEN_OF = re.compile(
    r"^(?:the|his|her|this) (?:[\w'-]+ ){1,3}?(?=(?:is|are|still|has|have|stands?|sits?|remains?|stays?)\b)"
)
THEY = re.compile(
    r"^(?:he|she|they|it(?!(?:'s| is)(?: now)? (?:\w+ly )?(?:raining|snowing|hailing|storming|night|dark|sunny|day)))\b(?:'s)?"
)


@dataclass(frozen=True)
class Told:
    """What of a prompt says what is to be; ``partial`` where the rest was said to stay."""

    text: str
    partial: bool = False


def only_change(text: str) -> Told:
    """The prompt without what it says of how things were; as it is, where it tells no story."""
    text = LOOKED_AT.sub(r"\g<old> should be ", RECOLOURED.sub(r"change \g<old> from \g<from> to ", text))
    text = DOES_NOT_BUT.sub(r"\g<verb> \g<new> instead of \g<old>", NOT_BUT.sub(" now ", text))
    text = INSERTED.sub(r"\1", text)
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
