"""Roundabout instructions made straight, before their patterns are tried.

i'd rather see a vase than the cup          →   replace the cup with a vase
pop the balloon so that nobody has one      →   pop the balloon
somebody has given the cottage a red door   →   give the cottage a red door
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lib_automask.plan import verbs

COMES_AND_GOES = (
    # instead of the cup i'd like a vase
    re.compile(
        r"^(?:instead of|in place of|rather than) (?P<old>.+?) "
        r"(?:i'd like|i would like|i want|we want|use|put|show|give me|have) (?P<new>.+)$"
    ),
    # i'd rather see a vase than the cup
    re.compile(
        r"^(?:i|we)(?:'d| would)? (?:rather|prefer)(?: to)?(?: see| have)? (?P<new>.+?) (?:than|to|over) (?P<old>.+)$"
    ),
    # could we have a vase instead of the cup; how about a vase where the cup is
    re.compile(
        r"^(?:(?:can|could|may) (?:we|i|you) (?:please )?(?:have|get|see)|(?:how|what) about) (?P<new>.+?) "
        r"(?:rather than|instead of|in place of|where) (?P<old>.+?)(?: is| was| stands| sits)?$"
    ),
    # what used to be a cup is now a vase
    re.compile(
        r"^what (?:once |before )?(?:used to be|was(?: once| before)?|had been) "
        r"(?:an?|the|his|her|its|their) (?P<old>.+?) "
        r"(?:is|are|has become|has turned into|becomes) (?:now )?(?P<new>.+)$"
    ),
    # show me a vase instead of the cup
    re.compile(
        r"^(?:show me|let me see|give me|i want|i'd like|i would like) (?P<new>.+?) "
        r"(?:instead of|in place of|rather than) (?P<old>the .+)$"
    ),
    # make it a vase rather than a cup
    re.compile(
        r"^(?:make|turn|change) (?:it|this|that) (?:into |to )?(?P<new>an? .+?) (?:instead of|rather than) (?P<old>.+)$"
    ),
    # i think a vase would look better than the cup
    re.compile(
        r"^(?:i think )?(?P<new>an? .+?) would (?:look|be|fit|suit it) (?:much )?(?:better|nicer|cooler) "
        r"than (?P<old>.+)$"
    ),
)
"""Wishes that name what is to come and what goes for it."""
ONLY_CHANGE = re.compile(
    r"^(?:(?:let|and|with|but|the|one) )*only (?:change|difference|thing)(?: .*?)?? "
    r"(?:is|be|being|should be|to be)(?: that)? "
)
SAME = re.compile(
    r"\b(?:(?:very|exact|exactly the) same|same (?:picture|image|photo|scene|shot|thing|one|but|as before)|"
    r"same \w+,? (?:but|only|just|except)|instead of (?:just )?(?:one|two|three|four|\d)$|"
    r"only (?:change|difference)|as before|(?:is|are) now \w+ing|(?:one|only) thing (?:missing|gone|new|left out)|"
    r"(?:one|a single) (?:thing|change|difference)(?: is)? (?:different|new|changed)|"
    r"(?:everything|nothing|all)(?: else| about it)? "
    r"(?:is|stays|remains|has|as|about|the same|different|changed)|everything else)\b"
)
WISHED = re.compile(
    r"^(?:he|she|they) |(?<!^)\bplease$|"
    r"^(?:please |i'd like |i would like |i want |can i have |could i have |give me )(?!an? )"
)
ASIDE = re.compile(r",?\s*(?:and |but )?not (?:the|his|her|its|their) [\w' ]+?,\s*(?=(?:to|into|with|for)\b)")
TITLE = re.compile(r"^(replace|remove|add|change|swap|make|delete|turn)\s*:\s*")
BACKGROUND = re.compile(
    r"(?:^|(?<=[,;.] ))(?:new |the )?(?:background|backdrop|setting)\s*(?::|should be|must be|=)\s*(?!\w+ becomes)"
)
SHE_IS = re.compile(r"^(he|she)(?:'s| is)(?: now)? (wearing|holding|carrying|riding|eating|drinking)\b")
WHERE_IT_WAS = re.compile(
    r",? ?\b(?:and |but )?where (the [\w' ]+?) (?:was|were|stood|sat|hung|lay|used to be|used to stand|had been)"
    r"(?: before)?,? (?:there )?(?:(?:is|are|stands|sits|hangs|lies) )?(?:now )?(?=an? |some |two )"
)
WHOSE = re.compile(r"^(?:an?|the) [\w ]+? whose (?=[\w ]+ (?:is|are) (?:gone|missing|removed)\b)")
PURPOSE = re.compile(r"\s+(?:so that|in order to|so (?=(?:only|just|the|it|he|she|they|there|we|i)\b)).+$")
TOLD = re.compile(
    r"(?:(?:except|only|but|just|and|now|save|besides)\s+)*(?:that\s+)?(?:somebody|someone|they|you|we|i)"
    r"(?: has| have| had|'ve|'s)?(?: just| since| now)?(?: (?:come|gone|went|came)(?: along| by| in)? and)?"
    r" (\w+(?:ed|en)|put|set|cut|made|swept|hung|stuck|took|gave|drew) (.+)"
)
"""Something done already in what the user imagines."""
ASKED = re.compile(r"(?:(?:would|do) you )?mind (\w+ing) (.+)")


def set_right(text: str) -> str:
    """What commas tear apart, told as one.

    change the shirt, not the tie, to green        →   change the shirt to green
    where the bench was, there is now a hammock    →   replace the bench with a hammock
    """
    text = SHE_IS.sub(r"\1 should be \2", text)
    text = BACKGROUND.sub("change the background to ", TITLE.sub(r"\1 ", text))
    return WHERE_IT_WAS.sub(r", replace \1 with ", ASIDE.sub(" ", text))


def straighten(clause: str) -> str:
    """A wish that names what is to go as a replacement, and without what the instruction is good for."""
    for pattern in COMES_AND_GOES:
        clause = pattern.sub(_swap, clause)
    return PURPOSE.sub("", WHOSE.sub("the ", ONLY_CHANGE.sub("", clause)))


def _swap(match: re.Match[str]) -> str:
    old = match["old"] if re.match(r"(?:the|an?|his|her|its|their|my)\b", match["old"]) else f"the {match['old']}"
    return f"replace {old} with {match['new']}"


def keeps_rest(text: str) -> bool:
    """Whether a prompt says that all it leaves out stays: "same picture, but the dog is black".

    A wish for what is there already is one: "i'd like the mailbox in yellow".
    """
    return bool(SAME.search(text) or WISHED.search(text))


def told(clause: str) -> Iterator[str]:
    """What "somebody has given it a door" would be as an instruction, or "would you mind giving it a door".

    Yields it with every likely spelling of its verb.
    """
    if match := TOLD.fullmatch(clause) or ASKED.fullmatch(clause):
        yield from (f"{base} {match[2]}" for base in verbs.bases(match[1]))
