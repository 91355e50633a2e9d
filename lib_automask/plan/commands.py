"""Instructions → changes: finds the thing meant in the caption, and what becomes of it."""

from __future__ import annotations

import re

from lib_automask.plan import lexicon, verbs
from lib_automask.plan.hanging import contradict
from lib_automask.plan.instruction import Command
from lib_automask.plan.naming import name
from lib_automask.plan.phrases import read_scene, rewrite_idioms
from lib_automask.plan.scene import Change, Scene, Thing
from lib_automask.plan.styles import names_style
from lib_automask.plan.tagging import tag_words
from lib_automask.structures import Edit

ARTICLE = re.compile(r"^(?:an?|the|some|his|her|its|their|my)\s+")
MORE = re.compile(r"^(?:(?:look|be|appear|seem|become|turn|to be|to look|to|being|a lot|much|more|very|really|all|be more|a bit|into|in|of|out of|made of|made out of) )+")
IS_DOING = re.compile(r"^(?:is |are |be |to |should |should be |must |must be )?(wear|wearing|hold|holding|have|has|having|with|carry|carrying|ride|riding|eat|eating|drink|drinking) (.+)$")
MODAL = re.compile(r"\s+(?:should|must|needs? to|has to|have to|ought to|to)\s+(?:be )?")
PLACED = re.compile(r"^(?:be |sit |stand |lie |be sitting |be standing )?(?:in|on|at|inside|under|by) (.+)$")
COMPARED = {"bigger": "big", "larger": "large", "smaller": "small", "taller": "tall", "shorter": "short", "longer": "long",
            "older": "old", "younger": "young", "wider": "wide", "thinner": "thin", "thicker": "thick", "fatter": "fat",
            "happier": "happy", "sadder": "sad", "darker": "dark", "lighter": "light", "brighter": "bright",
            "greener": "green", "redder": "red", "bluer": "blue", "curlier": "curly", "fluffier": "fluffy"}  # fmt: skip


def obey(command: Command, caption: Scene) -> list[Change]:
    """The changes that one instruction asks for; none for "keep"."""
    changes = _changes(command, caption)
    gone = _meant(command.instead, caption) if command.instead else None
    if gone is None:
        return changes
    return [_in_its_place(change, name(gone, caption)) for change in changes]


def _in_its_place(change: Change, gone: str) -> Change:
    """What would have been added replaces what it is to be there instead of."""
    if change.edit.kind != "add":
        return change
    return Change(Edit("replace", gone, change.edit.replacement), new=change.new, old=gone)


def _changes(command: Command, caption: Scene) -> list[Change]:
    if command.verb in ("replace", "become"):
        return [_become(_meant(command.old, caption), command.old, command.new, caption)]
    if command.verb == "remove":
        return _remove(command.old, caption)
    if command.verb == "add":
        return _give(command, caption) if command.old else _add(command.new, caption)
    if command.verb == "background":
        return [_background(command.new, caption)]
    if command.verb == "restyle":
        return [_whole(command.new, caption)]
    return _make(command.old, caption) if command.verb == "make" else []


def _bare(text: str) -> str:
    """A phrase without its article: "a grand piano" → "grand piano"."""
    return ARTICLE.sub("", text.strip())


def _thing(text: str) -> Thing | None:
    return next((thing for thing in read_scene([text]).things if not thing.mentioned), None)


def _meant(text: str, caption: Scene) -> Thing | None:
    """The caption's thing that an instruction speaks of; pronouns mean its subject."""
    if text in ("it", "him", "her", "them", "he", "she", "they", "this", "that", "the subject", "the main subject"):
        return _subject(caption, text)
    asked = _thing(text)
    return _find(asked, caption) if asked is not None else None


def _find(asked: Thing, caption: Scene) -> Thing | None:
    """The thing of the caption that fits best, with its attributes, owner and place; None where none does."""
    found = [thing for thing in caption.things if lexicon.same_concept(thing.key, asked.key)]
    return max(found, key=lambda thing: _fit(thing, asked), default=None)


def _fit(thing: Thing, asked: Thing) -> float:
    value = float(sum(any(lexicon.same_attribute(a, b) for b in thing.attributes) for a in asked.attributes))
    value -= contradict(thing.attributes, asked.attributes)
    value += 2.0 * (bool(asked.place) and thing.place == asked.place)
    wearer = thing.owner or thing.anchor
    if asked.owner is not None and wearer is not None:
        value += 2.0 * lexicon.same_concept(wearer.key, asked.owner.key)
    if asked.stands is not None and thing.stands is not None:
        value += lexicon.same_concept(thing.stands[1].key, asked.stands[1].key)
    return value


def _subject(caption: Scene, pronoun: str) -> Thing | None:
    if pronoun in ("him", "her", "he", "she"):
        people = [thing for thing in caption.things if lexicon.is_kind(thing.key, "person", "animal")]
        wanted = {"him": ("man", "boy"), "he": ("man", "boy"), "her": ("woman", "girl"), "she": ("woman", "girl")}[pronoun]
        return next((thing for thing in people if thing.key in wanted), people[0] if people else None)
    return next((thing for thing in caption.things if not thing.is_setting), None)


def _target(thing: Thing | None, text: str, caption: Scene) -> str:
    """The caption's own phrase for the thing; the user's where the caption does not tell two apart, or lacks it."""
    asked = _thing(text)
    if thing is None:
        return _owned(asked) if asked else _bare(text)
    alike = [other for other in caption.things if other.key == thing.key and other is not thing]
    if asked is not None and asked.owner is not None and (alike or thing.count == -1):
        return _owned(asked)
    if asked is not None and asked.place and not thing.place:
        return f"{asked.phrase} on the {asked.place}"
    return name(thing, caption)


def _owned(thing: Thing) -> str:
    return f"{thing.owner.phrase}'s {thing.phrase}" if thing.owner else thing.phrase


def _is_description(text: str) -> bool:
    """Whether a text names no thing, only how one is: "matte black", "bigger", "hardwood", "striped"."""
    words = MORE.sub("", text).split()
    if not words or re.match(r"(?:an?|some)\b", text):
        return False
    phrase = " ".join(words)
    return phrase in COMPARED or lexicon.is_attribute(phrase) or all(
        lexicon.is_attribute(word) or word in COMPARED or word in ("and", "with", "dark", "light", "bright") for word in words
    )  # fmt: skip


def _become(thing: Thing | None, old: str, new: str, caption: Scene) -> Change:
    target = _target(thing, old, caption)
    noun = _noun(thing, old, target)
    new = re.sub(r"\bones?$", noun, new)
    if new in lexicon.mapping("grammar", "number") or new.isdigit():
        return _modify(target, f"{new} {noun}")
    if _is_description(new):
        text = MORE.sub("", new)
        text = COMPARED.get(text, text)
        return _modify(target, text if text.split()[-1] == noun else f"{text} {noun}")
    result = _thing(new)
    if result is None:
        return _modify(target, _bare(new))
    if thing is not None and thing.is_setting and (result.is_setting or lexicon.is_place(result.key)):
        return Change(Edit("background", target, _bare(new)), new=_bare(new), old=target)
    if lexicon.singular(result.key) in (lexicon.concept(noun.split())[0], noun) or result.key == (thing and thing.key):
        return _modify(target, result.counted)
    if result.actions and not result.words:
        return _modify(target, verbs.gerund(result.actions[0].text))
    return Change(Edit("replace", target, result.counted), new=result.phrase, old=target)


def _noun(thing: Thing | None, typed: str, target: str) -> str:
    """The noun for what is changed: as typed where the user says whose it is ("the man's jacket", of two jackets)."""
    asked = _thing(typed)
    if asked is not None and asked.owner is not None:
        return asked.noun
    return thing.noun if thing else target.split()[-1]


def _modify(target: str, text: str) -> Change:
    return Change(Edit("modify", target, text), new=text, old=target)


def _remove(text: str, caption: Scene) -> list[Change]:
    wanted = [thing for thing in read_scene([text]).things if thing.anchor is None]
    changes = []
    for asked in wanted:
        target = _target(_find(asked, caption), _owned(asked) + (f" on the {asked.place}" if asked.place else ""), caption)
        changes.append(Change(Edit("remove", target), old=target))
    return changes


def _add(text: str, caption: Scene) -> list[Change]:
    """ "add X", "put X on Y"; "put the dog on a beach" moves what is there already."""
    scene = read_scene([text])
    if not scene.things:
        return []
    thing = scene.things[0]
    known = _meant(thing.phrase, caption) if thing.article in ("the", "his", "her", "their", "its") else None
    if known is not None and thing.stands is not None:
        return [_put(known, thing.stands, caption)]
    target, relation = _place(thing, text, caption)
    added = [thing, *(other for other in scene.things[1:] if other.joined and other.relation == "")]
    return [Change(Edit("add", target, item.counted, relation), new=item.phrase) for item in added]


def _place(thing: Thing, text: str, caption: Scene) -> tuple[str, str | None]:
    """The anchor and relation that the instruction states."""
    if thing.stands is not None:
        relation, anchor = thing.stands
        return _target(_meant(_owned(anchor), caption), _owned(anchor), caption), relation
    if match := re.search(r"\b(on|to|onto|over|behind|near|beside|in front of|next to|under|above|around) (him|her|it|them)$", text):
        found = _subject(caption, match[2])
        return (name(found, caption) if found else ""), match[1]
    return "", None


def _put(thing: Thing, stands: tuple[str, Thing], caption: Scene) -> Change:
    relation, where = stands
    target = name(thing, caption)
    if where.is_setting or lexicon.is_place(where.key):
        return _background(where.phrase, caption)
    if lexicon.is_kind(where.key, "clothing"):
        return Change(Edit("add", target, where.phrase, "wearing"), new=where.phrase)
    return Change(Edit("add", target, where.phrase, relation), new=where.phrase)


def _give(command: Command, caption: Scene) -> list[Change]:
    """ "give the man a hat"; "give her red hair" where the caption has hair already."""
    owner = _meant(command.old, caption)
    thing = _thing(command.new)
    if thing is None:
        return []
    if had := _meant(thing.noun, caption):
        return [_become(had, thing.noun, command.new, caption)]
    target = _target(owner, command.old, caption)
    relation = "wearing" if lexicon.is_kind(thing.key, "clothing") else "with"
    return [Change(Edit("add", target, thing.counted, relation), new=thing.phrase)]


def _background(text: str, caption: Scene) -> Change:
    setting = next((thing for thing in caption.things if thing.is_setting), None)
    target = setting.phrase if setting else "background"
    return Change(Edit("background", target, _bare(text)), new=_bare(text), old=setting.located if setting else "")


def _whole(text: str, caption: Scene) -> Change:
    """What becomes of "it" or "the picture": a style, another time or place, or another subject."""
    bare = _bare(re.sub(r"^(?:the )?style of (?:an? )?|[ -]style$", "", _bare(text)))
    thing = _thing(text)
    weather = lexicon.attribute_kinds(bare) & {"weather"} or bare in ("rain", "snow", "snowy", "raining", "snowing")
    if not names_style(bare) and (weather or (thing is not None and lexicon.is_place(thing.key))):
        return _background(bare, caption)
    subject = _subject(caption, "it")
    if subject is not None and not names_style(bare) and "style" not in text and (_is_description(bare) or (thing and lexicon.kinds(thing.key))):
        return _become(subject, "it", text, caption)
    return Change(Edit("restyle", "whole image", bare))


def _make(text: str, caption: Scene) -> list[Change]:
    """ "make ⟨thing⟩ ⟨what⟩": the thing ends where the caption's noun, an article or a verb says so."""
    text = rewrite_idioms(MODAL.sub(" be ", text, count=1))
    old, new = _split_make(text.split(), caption)
    if not new:
        return []
    thing = _meant(old, caption)
    if match := IS_DOING.match(new):
        return _wear(thing, old, match[1], match[2], caption)
    if (match := PLACED.match(new)) and (where := _thing(match[1])) is not None and lexicon.is_place(where.key):
        return [_background(match[1], caption)]
    stripped = MORE.sub("", re.sub(r"^like ", "", MORE.sub("", new)))
    words = tag_words(f"the thing {stripped}")[2:]
    if not _is_description(stripped) and words and (words[0].tag == "verb" or verbs.is_verb(words[0].text)):
        target = _target(thing, old, caption)
        return [Change(Edit("modify", target, _doing(stripped)), new=f"{old} {_doing(stripped)}", old=target)]
    if len(stripped.split()) == 1 and not lexicon.kinds(lexicon.singular(stripped)) and not new.startswith(("a ", "an ")):
        target = _target(thing, old, caption)
        return [_modify(target, f"{COMPARED.get(stripped, stripped)} {_noun(thing, old, target)}")]
    return [_become(thing, old, stripped if "like " not in new else stripped.replace("like ", ""), caption)]


def _wear(thing: Thing | None, old: str, verb: str, what: str, caption: Scene) -> list[Change]:
    item = _thing(what)
    if item is None:
        return []
    had = _meant(item.noun, caption)
    if had is not None:
        return [_become(had, item.noun, what, caption)]
    relation = {"wear": "wearing", "hold": "holding", "carry": "carrying", "ride": "riding"}.get(verb, verb)
    return [Change(Edit("add", _target(thing, old, caption), item.counted, relation), new=item.phrase)]


def _doing(text: str) -> str:
    """ "run on the beach" → "running"."""
    verb = text.split()[0]
    if verb.endswith("ing"):
        return text
    return verbs.gerund(verb if verb.endswith("s") else verb + "s")


def _split_make(words: list[str], caption: Scene) -> tuple[str, str]:
    """(the thing, what becomes of it) of "the man 's jacket red"."""
    if words and words[0] in ("it", "him", "her", "them") and (words[0] != "her" or not _noun_at(words, 1, caption)):
        return words[0], " ".join(words[1:])
    ends = [index + 1 for index in range(len(words)) if _noun_at(words, index, caption)]
    if ends:
        end = ends[0]
        if words[end : end + 3] in (["on", "the", "left"], ["on", "the", "right"]):
            return " ".join(words[: end + 3]), " ".join(words[end + 3 :])
        while end < len(words) - 1 and (words[end - 1].endswith("'s") or end in [e - 1 for e in ends]):
            end += 1
        if words[end : end + 2] and words[end] in ("on", "of", "in", "with") and end + 2 < len(words):
            end = next((e for e in ends if e > end), end)
        return " ".join(words[:end]), " ".join(words[end:])
    for index in range(1, len(words)):
        if words[index] in ("a", "an", "look", "be", "wear", "hold", "have", "into", "to", "more", "appear") or lexicon.is_attribute(words[index]) and index > 1:
            return " ".join(words[:index]), " ".join(words[index:])
    return " ".join(words[:-1]), words[-1] if len(words) > 1 else ""


def _noun_at(words: list[str], index: int, caption: Scene) -> bool:
    if index >= len(words):
        return False
    word = words[index].removesuffix("'s")
    key = lexicon.concept([word])[0]
    return not lexicon.attribute_kinds(word) - {"nature", "material"} and any(
        lexicon.same_concept(thing.key, key) or lexicon.singular(word) == lexicon.singular(thing.words[-1]) for thing in caption.things
    )
