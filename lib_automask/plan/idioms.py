"""Turns of phrase brought to plain words: "takes a break" → "resting", "on its feet" → "standing"."""

from __future__ import annotations

import re
from functools import cache

from lib_automask.plan import lexicon, verbs, wordlists

COMPARED = re.compile(r"\b(an?|the) (\w+),? as (?!(?:well|soon|far|much|many|long)\b)(\w+) as (?:an? |the )?\w+")
""" "a cat as black as coal"."""
FRONTED = re.compile(
    r"\b(?:on|at|to) (?:the|its|his|her|their) (left|right)(?: side)?,? "
    r"((?:an?|two|three|some) [\w' -]+?)(?= and | with |$)"
)
"""A side before what lies there: "at its left a cup"."""

ON_LIMB = re.compile(r"\b(\w+),? (?:up |back |right )*on (?:its|his|her|their) (\w+)")

FALLEN = {"snow": "snowfall"}
FALLS = re.compile(
    r"\b(?:(?:while|as|and|where) )?it(?:'s| is)?(?: now)?(?: \w+ly)? "
    r"(rain|snow|hail|storm)(?:ing|s)(?: \w+ly| hard| outside)?$"
)
HAVING = re.compile(r"\bhaving (?=(?:(?:a|an|some|their|his|her) )?(?:(?:cup|glass|mug|bowl|plate|pint)s? of )?(\w+))")
MADE = re.compile(
    r"\b(?:entirely |completely |wholly |all |fully )?(?:(?:made|built|carved|crafted|fashioned|formed|woven|knitted|"
    r"knit|sewn|cast|forged|hewn|constructed|fabricated|moulded|molded|sculpted|cut|composed|wrought|welded|assembled|"
    r"folded|chiseled|shaped|put together|done) (?:entirely |completely |wholly |all )?(?:of|from|out of)|"
    r"(?:upholstered|cast|cased|bound|encased) (?:in|with)|consisting of)\b"
)
""" "carved out of", "upholstered in": said of a material."""
DRESSED = re.compile(
    r"\bdress(?:ed|es|ing)? (?:up )?(?:like|as) (an?|the) ((?:\w+ )?\w+)(?= (?:in|on|at|with|and|by|near)\b|$)"
)
""" "dressed like a pirate" wears a pirate's costume."""
STOPPED = re.compile(r"\b(?:(?:has|have|had) )?(?:stop(?:s|ped)|ceased?s?|quits?) \w+ing(?: and| but)?\b")
""" "has stopped running and stands"."""


def rewrite_idioms(clause: str) -> str:
    """Turns of phrase brought to plain words: "takes a break" → "resting"."""
    rewritten = _idioms().sub(lambda match: _rewrites()[match[0]], clause)
    rewritten = FALLS.sub(lambda match: f"in {FALLEN.get(match[1], match[1])}", rewritten)
    rewritten = HAVING.sub(_consuming, rewritten)
    rewritten = DRESSED.sub(r"wearing \1 \2 costume", rewritten)
    rewritten = STOPPED.sub("", rewritten)
    rewritten = MADE.sub("made of", rewritten)
    rewritten = _light().sub(_given, ON_LIMB.sub(_posture, rewritten))
    rewritten = COMPARED.sub(r"\1 \3 \2", rewritten)
    rewritten = FRONTED.sub(r"\2 on the \1", rewritten)
    rewritten = re.sub(r"\b(?:under ?water|under the water)$", "in underwater", rewritten)
    parts = "|".join(wordlists.mapping("idioms", "part"))
    rewritten = re.sub(rf",? ?\b({parts}) (?:with|in) (\w+)$", _with_part, rewritten)
    return re.sub(r"\s+", " ", rewritten).strip()


def tag_of_action(clause: str) -> str:
    """A tag that says what the subject does: "smile" → "smiling"."""
    return wordlists.mapping("idioms", "tag").get(clause, clause)


def _posture(match: re.Match[str]) -> str:
    """ "a cow is on its feet", "a cow on its feet" stands; "a scarf on its neck" does nothing."""
    before, limb = match.groups()
    posture = wordlists.mapping("idioms", "on its").get(limb)
    alive = before in ("is", "are", "be") or lexicon.is_kind(lexicon.concept([before])[0], "person", "animal")
    return f"{before} {posture}" if posture and alive else match[0]


def _consuming(match: re.Match[str]) -> str:
    """ "having coffee" is drinking it, "having a pizza" eating it."""
    noun = lexicon.concept([match[1]])[0]
    verb = next((verb for kind, verb in (("drink", "drinking"), ("food", "eating")) if lexicon.is_kind(noun, kind)), "")
    return f"{verb} " if verb else match[0]


@cache
def _light() -> re.Pattern[str]:
    given = "|".join(wordlists.mapping("idioms", "given"))
    whom = r"him|her|it|them|(?:an?|the|his|her|its|their) [\w' ]+?"
    return re.compile(rf"\b(giv(?:es?|ing)) ({whom}) (?:an?|the|some) (?:\w+ )?({given})\b")


def _given(match: re.Match[str]) -> str:
    """ "giving a man a haircut" → "cutting a man"."""
    verb = wordlists.mapping("idioms", "given")[match[3]]
    form = {"give": verb, "gives": verbs.third_person(verb)}.get(match[1]) or verbs.gerund(verbs.third_person(verb))
    return f"{form} {match[2]}"


def _with_part(match: re.Match[str]) -> str:
    """ "roofed with tin" → "with tin roof"."""
    return f" with {match[2]} {wordlists.mapping('idioms', 'part')[match[1]]}"


@cache
def _idioms() -> re.Pattern[str]:
    longest_first = sorted(_rewrites(), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


@cache
def _rewrites() -> dict[str, str]:
    """Every turn of phrase and its plain words; those of verbs in all their forms."""
    found: dict[str, str] = {}
    for phrase, plain in wordlists.mapping("idioms", "verb phrase").items():
        found |= dict(zip(_forms(phrase), _forms(plain), strict=True))
    return found | wordlists.mapping("idioms", "rewrite")


def _forms(phrase: str) -> list[str]:
    """ "take a nap", "takes a nap", "taking a nap"; a phrase that opens with no verb stays as it is."""
    verb, space, rest = phrase.partition(" ")
    if not verb or verb == "with":
        return [phrase] * 3
    return [f"{form}{space}{rest}" for form in (verb, verbs.third_person(verb), verbs.gerund(f"{verb}s"))]
