"""Quality tags, artists and requests for "better quality" are dropped: they change nothing one could point at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from lib_automask.plan import predicates, vocabulary
from lib_automask.plan.prompt_syntax import read_prompt
from lib_automask.plan.tags import tag_role
from lib_automask.plan.tokens import Word, is_closed, tokenize_sentence
from lib_automask.plan.word_lists import list_names

CLAUSE = re.compile(
    r"\s-+\s(?=(?:make|change|turn|replace|remove|add|put|swap|give|just|only|but|instead|keep|leave)\b)|\s*(?:;|,(?!\s*(?:which|whose|who)\b))\s*|\.(?=\s|$)|\s*[!?]+\s*|:\s+"
)
WEAK = re.compile(r"\b(?:very|super|ultra|extremely|highly|more|and|with|a|an|the|in|of)\b")
NEGATED = re.compile(r"(?:no|not|without|never|avoid|minus|zero)\s+(?:any\s+|a\s+)?(.*)")
PRAISED = re.compile(
    r"(?:trending|featured|popular|seen|posted|shared|shot|taken|captured|photographed|filmed) "
    r"(?:on|in|at|with|using) [\w ./-]+"
)
"""Where a picture was shown, what it was taken with: "trending on artstation", "shot on film"."""
FLAW = re.compile(r"(?:remove|reduce|fix|get rid of) (?:the |any |all )?(?:noise|blur|grain|artifacts|blurriness|haze)")
GAIN = re.compile(r"(?:please )?(?:add|give it|give)(?: some| more| extra)* (\w+)")


LEAST_WORDS = 4
"""So many words tell a language; a guess."""
MOST_UNKNOWN = 0.34
"""Share of words that the lexicon need not know: captions have .01, tag soups .1, other languages .5 and more."""


def split_clauses(text: str) -> list[str]:
    """The parts between commas and full stops, none empty."""
    return [clause.strip(" -.'") for clause in CLAUSE.split(text) if clause.strip(" -.'")]


def drop_boosters(clauses: list[str]) -> list[str]:
    """The clauses that say something of the picture, without the boosters round them."""
    kept = [_trim(clause) for clause in clauses if not (_is_dropped(clause) or asks_for_quality(clause))]
    return [clause for clause in dict.fromkeys(kept) if clause]


def _media() -> frozenset[str]:
    return list_names("styles", "medium") | list_names("styles", "before a subject")


def is_booster(phrase: str) -> bool:
    """Whether a phrase consists of booster tags alone: "best quality", "ultra detailed 8k"."""
    return any(_is_covered(words) for words in (phrase.split(), phrase.replace("-", " ").split()))


def _is_covered(words: list[str]) -> bool:
    while words and (length := _booster_length(words)):
        words = words[length:]
    return not words


def _booster_length(words: list[str]) -> int:
    """How many words the longest booster phrase at the start has; 0 where there is none."""
    listed = list_names("quality", "phrase")
    return next((n for n in range(min(_longest(), len(words)), 0, -1) if " ".join(words[:n]) in listed), 0)


@cache
def _longest() -> int:
    return max(len(phrase.split()) for phrase in list_names("quality", "phrase"))


def _is_dropped(clause: str) -> bool:
    weighty = WEAK.sub(" ", clause)
    return (
        is_booster(weighty)
        or is_booster(clause)
        or tag_role(clause) == "quality"
        or _is_booster_tag(clause)
        or _is_negated(clause)
        or _is_artist(clause)
        or bool(PRAISED.fullmatch(clause))
        or clause.split()[0] in list_names("quality", "brand")
    )


def _is_booster_tag(clause: str) -> bool:
    """A tag such as "interior photography", "thick brush strokes" or "detailed feathers"."""
    words = clause.split()
    closed = list_names("grammar", "determiner") | list_names("grammar", "preposition")
    boosts = words[0] in ("detailed", "intricate") or words[-1] in list_names("quality", "tail")
    photo = words[-1] in list_names("styles", "photo")
    drawn = clause in _media() or (photo and not _media().isdisjoint(words))  # "1920s photography"
    return len(words) <= 3 and boosts and not drawn and closed.isdisjoint(words)


def _is_negated(clause: str) -> bool:
    """ "no blur", "without watermark", "not blurry": about the quality, although it names a thing."""
    match = NEGATED.match(clause)
    if not match:
        return False
    parts = re.split(r"\s+(?:and|or|no|nor)\s+", match[1])
    return all(part in list_names("quality", "negated") or is_booster(part) for part in parts)


def _is_artist(clause: str) -> bool:
    """ "by greg rutkowski", "art by artgerm and wlop": a name follows, not an article."""
    if list_names("quality", "artist word").issuperset(clause.split()):
        return not vocabulary.kinds_of(clause)  # "van" is one too
    cue = re.match(rf"(?:{'|'.join(list_names('quality', 'artist cue'))}) (\S.*)", clause)
    if not cue:
        return False
    name = cue[1].split()
    known = any(vocabulary.kinds_of(vocabulary.singular_of(word)) for word in name)
    listed = not list_names("quality", "artist word").isdisjoint([*name, cue[1]])
    if listed or name[0] in list_names("grammar", "determiner"):
        return listed
    return not known or (len(name) == 2 and cue[0].startswith("by ") and not all(map(_is_listed, name)))


def _is_listed(word: str) -> bool:
    return (
        bool(vocabulary.kinds_of(vocabulary.singular_of(word)))
        or predicates.is_attribute(word)
        or predicates.is_verb(word)
    )


def _is_known(word: str) -> bool:
    """Whether a word is of a closed class, or listed: no name of an artist."""
    return _is_listed(word) or any(word in list_names("grammar", part) for part in ("determiner", "possessive"))


def asks_for_quality(clause: str) -> bool:
    """ "upscale this and add more detail", "make it sharper and more detailed"."""
    first, *others = re.split(r" and (?=\w+ )", clause)
    return _asks_for_quality(first) and all(_asks_for_quality(part) or _is_quality(part) for part in others)


def _is_quality(part: str) -> bool:
    """Whether all that is asked for is quality: "more detailed", "the contrast"."""
    words = [word for word in part.split() if word not in list_names("quality", "request filler")]
    return all(word in list_names("quality", "request noun") or is_booster(word) for word in words)


def _asks_for_quality(part: str) -> bool:
    if FLAW.fullmatch(part):
        return True
    if match := GAIN.fullmatch(part):
        return match[1] in list_names("quality", "gain")
    asking, wanted = list_names("quality", "request"), list_names("quality", "request noun")
    words = [word for word in part.split() if word not in list_names("quality", "request filler")]
    compares = part.startswith("same ") or " but " in part
    return (compares or not asking.isdisjoint(part.split()[:3])) and all(
        word in asking | wanted or is_booster(word) for word in words
    )


def _trim(clause: str) -> str:
    """Boosters cut off both ends of a clause: "masterpiece best quality a dog on a bench 8k"."""
    words = _without_artist(clause).split()
    while 0 < (length := _sure_length(words)) < len(words):
        words = words[length:]
    while cut := next((n for n in range(min(_longest(), len(words) - 1), 0, -1) if _sure_length(words[-n:]) == n), 0):
        words = words[:-cut]
    return " ".join(words[1:] if words[:1] == ["of"] else words)  # "raw photo of a cat"


def _sure_length(words: list[str]) -> int:
    """Like ``_booster_length``, but only for phrases that can be nothing else: "sharp" alone may be a knife's."""
    length = _booster_length(words)
    phrase = " ".join(words[:length])
    sure = length > 1 or phrase in list_names("quality", "unmistakable") or bool(re.search(r"\d", phrase))
    return length if sure else 0


def _without_artist(clause: str) -> str:
    """ "a castle on a hill by greg rutkowski" → "a castle on a hill"."""
    names = "|".join(list_names("quality", "artist word"))
    signed = re.fullmatch(r"(.+) by ((?:[\w.]+ ){0,2}[\w.]+)", clause)
    if signed and not _media().isdisjoint(signed[1].split()) and not any(map(_is_known, signed[2].split())):
        return signed[1]  # "a painting of pears by cezanne"
    return re.sub(rf"\s+(?:art |artwork )?by\s+(?:[\w.]+\s+){{0,2}}(?:{names})\b.*$", "", clause)


def split_sentences(text: str) -> list[str]:
    """The sentences of plain text, none empty; commas stay."""
    parts = re.split(r"(?<!\w\.\w)[.;!?:]+(?=\s|$)|\n", text)
    return [part.strip(" -,") for part in parts if part.strip(" -,.")]


def is_english(text: str) -> bool:
    """Whether the lexicon knows enough of the words for the grammar to read them."""
    words = [word for word in re.findall(r"[a-zà-ɏ]{3,}", text) if word not in list_names("quality", "brand")]
    unknown = sum(vocabulary.is_unknown(word) and not is_closed(word) for word in words)
    return len(words) < LEAST_WORDS or unknown <= MOST_UNKNOWN * len(words)


def read_clauses(prompt: str) -> list[str]:
    """What a prompt says in plain words, without syntax, quality tags and artists."""
    return drop_boosters(split_clauses(read_prompt(prompt).text))


def join_adjectives(text: str) -> str:
    """ "replace the blurry, unclear object" without the comma, where the text opens with a verb as instructions do."""
    if ", " not in text or not vocabulary.is_mostly_verb(text.split(" ", 1)[0]):
        return text
    words = tokenize_sentence(text)
    commas = [index for index, word in enumerate(words) if word.part == "comma" and 0 < index < len(words) - 2]
    adjectives = [
        i for i in commas if words[i - 1].part == words[i + 1].part == "adj" and words[i + 2].part in ("noun", "adj")
    ]
    numbers = [_count_commas(words, index) for index in adjectives]
    parts = text.split(",")
    for number in reversed(numbers):
        if number + 1 < len(parts):
            parts[number : number + 2] = [parts[number] + parts[number + 1]]
    return ",".join(parts)


def _count_commas(words: Sequence[Word], index: int) -> int:
    """How many commas stand before a word."""
    return sum(word.part == "comma" for word in words[:index])
