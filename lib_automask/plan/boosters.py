"""Quality tags, artists and requests for "better quality" are dropped: they change nothing one could point at."""

from __future__ import annotations

import re
from functools import cache

from lib_automask.plan import lexicon, verbs

CLAUSE = re.compile(r"\s*[,;]\s*|\.(?=\s|$)|\s*[!?]+\s*|:\s+")


def split_clauses(text: str) -> list[str]:
    """The parts between commas and full stops, none empty."""
    return [clause.strip(" -.'") for clause in CLAUSE.split(text) if clause.strip(" -.'")]


def drop_boosters(clauses: list[str]) -> list[str]:
    """The clauses that say something of the picture, without the boosters round them."""
    kept = [_trim(clause) for clause in clauses if not (_is_booster(clause) or _only_requests(clause))]
    return [clause for clause in kept if clause]


def is_booster(words: str) -> bool:
    """Whether a phrase consists of booster tags alone: "best quality", "ultra detailed 8k"."""
    return not _cut(words.split(), 0)


@cache
def _longest() -> int:
    return max(len(phrase.split()) for phrase in lexicon.names("quality", "phrase"))


def _cut(words: list[str], start: int) -> list[str]:
    """Words from ``start`` on that no booster phrase, taken greedily from the left, covers."""
    while start < len(words):
        length = _booster_at(words, start)
        if not length:
            return words[start:]
        start += length
    return []


def _booster_at(words: list[str], start: int) -> int:
    """How many words the longest booster phrase at ``start`` has; 0 where there is none."""
    for length in range(min(_longest(), len(words) - start), 0, -1):
        if " ".join(words[start : start + length]) in lexicon.names("quality", "phrase"):
            return length
    return 0


def _is_booster(clause: str) -> bool:
    words = re.sub(r"\b(?:very|super|ultra|extremely|highly|and|with|a|an|the|in|of)\b", " ", clause).split()
    tail = len(words) <= 3 and words and words[-1] in lexicon.names("quality", "tail") and not _has_closed(clause)
    return not words or tail or is_booster(" ".join(words)) or is_booster(clause) or _is_negated(clause) or _is_artist(clause)


def _has_closed(clause: str) -> bool:
    """Whether a clause is more than a tag: it holds an article or a preposition."""
    closed = lexicon.names("grammar", "determiner") | lexicon.names("grammar", "preposition")
    return not closed.isdisjoint(clause.split())


def _is_negated(clause: str) -> bool:
    """ "no blur", "without watermark", "not blurry": about the quality, although it names a thing."""
    match = re.match(r"(?:no|not|without|never|avoid|minus|zero)\s+(?:any\s+|a\s+)?(.*)", clause)
    if not match:
        return False
    parts = re.split(r"\s+(?:and|or|no|nor)\s+", match[1])
    return all(part in lexicon.names("quality", "negated") or is_booster(part) for part in parts)


def _is_artist(clause: str) -> bool:
    """ "by greg rutkowski", "art by artgerm and wlop": a name follows, not an article."""
    for cue in sorted(lexicon.names("quality", "artist cue"), key=len, reverse=True):
        if clause.startswith(cue + " "):
            name = clause[len(cue) :].split()
            listed = bool(lexicon.names("quality", "artist word").intersection(name))
            known = any(lexicon.kinds(lexicon.singular(word)) for word in name)
            return listed or (name[0] not in lexicon.names("grammar", "determiner") and not known)
    return False


def _only_requests(clause: str) -> bool:
    """ "upscale this and add more detail"."""
    return all(_is_request(part) for part in re.split(r" and (?=\w+ )", clause))


def _is_request(clause: str) -> bool:
    """ "improve the quality", "make it more detailed"."""
    words = [word for word in clause.split() if word not in ("please", "the", "a", "of", "and", "this", "more", "make", "to", "just", "in", "a bit", "bit", "much", "some", "can", "you")]
    verbs, nouns = lexicon.names("quality", "request"), lexicon.names("quality", "request noun")
    if re.fullmatch(r"(?:please )?(?:add|give it|give)(?: some| more| extra)* (\w+)", clause):
        return clause.split()[-1] in lexicon.names("quality", "gain")
    asks = not verbs.isdisjoint(clause.split()[:3])
    return asks and all(word in verbs or word in nouns or is_booster(word) for word in words)


def _trim(clause: str) -> str:
    """Boosters cut off both ends of a clause: "masterpiece best quality a dog on a bench 8k"."""
    words = _artist_cut(clause).split()
    start = 0
    while (length := _strong(words, start)) and start + length < len(words):
        start += length
    end = len(words)
    while end > start + 1 and (length := _strong_before(words, end)):
        end -= length
    return " ".join(words[start:end])


def _strong(words: list[str], start: int) -> int:
    """Like ``_booster_at``, but only for phrases that can be nothing else: "sharp" alone may be a knife's."""
    length = _booster_at(words, start)
    phrase = " ".join(words[start : start + length])
    return length if length > 1 or phrase in UNMISTAKABLE or re.search(r"\d", phrase) else 0


def _strong_before(words: list[str], end: int) -> int:
    for length in range(min(_longest(), end), 0, -1):
        if _strong(words, end - length) == length:
            return length
    return 0


UNMISTAKABLE = frozenset("masterpiece absurdres highres hdr uhd dslr bokeh photorealistic hyperrealistic realistic".split())


def _artist_cut(clause: str) -> str:
    """ "a castle on a hill by greg rutkowski" → "a castle on a hill"."""
    names = "|".join(lexicon.names("quality", "artist word"))
    return re.sub(rf"\s+(?:art |artwork )?by\s+(?:[\w.]+\s+){{0,2}}(?:{names})\b.*$", "", clause)
