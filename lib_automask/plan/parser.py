"""Sentences → a scene: which things there are, how they hang together, and what they do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from lib_automask.plan import vocabulary
from lib_automask.plan.noun_phrases import (
    Phrase,
    chunk_words,
    collects,
    is_deed_object,
    is_made,
    is_mood,
    is_substance,
    is_view,
    make_thing,
    read_deed,
    says_how,
)
from lib_automask.plan.predicates import attribute_kinds, gerund_of, is_attribute, verb_key
from lib_automask.plan.scene import Action, Scene, Thing
from lib_automask.plan.scene_builder import SceneBuilder
from lib_automask.plan.tags import tag_role
from lib_automask.plan.tokens import reduce_word, tokenize_sentence
from lib_automask.plan.vocabulary import is_of_kind
from lib_automask.plan.word_lists import list_names

SIDES = frozenset(("left", "right", "top", "bottom", "middle", "center"))
REGIONS = frozenset(("background", "foreground", "distance", "backdrop"))
WRITES = frozenset(("say", "read", "spell"))
MADE = frozenset(("made", "built", "carved", "crafted", "composed"))
WHEREABOUTS = frozenset(("indoors", "outdoors", "underwater", "outside", "inside"))
OBJECTS = frozenset(("it", "them", "him", "her", "which", "whom"))
PARTICLES = frozenset(("up", "down", "out", "away"))
MOST_THINGS = 40
"""Things of a text that are read: pairs of things take time by the square of it."""
SHORTEST = 5
"""An unknown word with fewer letters is some network's token ("sks"), not a rare thing; a guess."""


def parse_scene(clauses: Sequence[str]) -> Scene:
    """The scene that the clauses of a text describe; a clause is a sentence or stands between commas."""
    reader = _Reader()
    for clause in clauses:
        reader.read_clause(clause)
    return reader.scene


class _Reader(SceneBuilder):
    """Reads item after item; what is named is handed to the builder."""

    def read_clause(self, text: str) -> None:
        """Add what one clause says."""
        words = tokenize_sentence(text, len(self.scene.words))
        self._open_clause()
        self.items = chunk_words(words)
        for index, item in enumerate(self.items):
            if len(self.scene.things) >= MOST_THINGS:
                self.scene.residue.append(item.text)
                break
            self.index = index
            getattr(self, f"_read_{item.part}", self._skip)(item)
        self.subject = self.subject or self.about
        self.scene.words += [lemma for word in words for lemma in reduce_word(word)]
        self.sentence += 1

    def _skip(self, item: Phrase) -> None:
        """Modals and what has been read with something else."""

    def _read_phrase(self, item: Phrase) -> None:
        thing = make_thing(item)
        follows = self._next()
        alone = self._next(-1).part in ("end", "comma") and follows.part in ("end", "comma") and not thing.article
        if not alone or tag_role(item.text) is None:
            self._drop_unknown(thing)
        if is_view(thing):
            self.scene.moods += [word for word in thing.attributes if is_mood(word)]
        if follows.part == "own":
            self.owner = self._known(thing) or thing
        elif alone and says_how(thing):
            self.scene.moods.append(thing.phrase)
        elif len(thing.key) < 2 or (alone and vocabulary.is_unknown(thing.key) and len(thing.key) < SHORTEST):
            self.scene.residue.append(thing.phrase)
        elif thing.noun == "background" and follows.part == "be" and not self.relation:
            self._place(thing, thing)
            self.about = thing
        elif not self._is_place_word(thing) and not self._is_about_picture(thing, follows):
            self._read_thing(thing, follows)

    def _is_about_picture(self, thing: Thing, follows: Phrase) -> bool:
        """ "a photo of", "in the air", "landscape": nothing that is in the picture."""
        shows = (
            follows.text in ("of", "showing", "that") or not self.relation or self.after_verb or self.relation == "for"
        )
        bare = not thing.attributes and follows.text != "of" and thing.noun in list_names("grammar", "view")
        scenery = thing.noun in ("landscape", "scenery", "nature") and not (self.relation or thing.attributes)
        if not ((is_view(thing) and shows) or bare or scenery or thing.article == "both"):
            return False
        if follows.text == "of":
            follows.part = "skip"
        self._forget_relation()
        return True

    def _read_thing(self, thing: Thing, follows: Phrase) -> None:
        about = self.about if self.predicate else None
        if about is not None and (about.key == "background" or (not thing.article and is_attribute(thing.noun))):
            about.attributes.append(thing.phrase)
            return
        if follows.text == "of" and collects(thing):
            self.group, self.carried = thing.noun, thing
            return
        self._finish_group(thing)
        thing.owner = self.owner or (self.about if thing.article in ("his", "her", "its", "their") else None)
        self.owner = None
        made = is_made(self.relation) or (self.relation == "of" and is_substance(thing))
        if self.negated:
            self._deny(thing)
        elif made and self.holder is not None and not thing.article:
            self.holder.attributes.append(thing.phrase)
            self.holder.made.append(thing.phrase)
            self._forget_relation()
        else:
            self._place(self._known(thing) or thing, thing)

    def _is_place_word(self, thing: Thing) -> bool:
        """ "on the left", "in the background": said of what stands before."""
        word, about = thing.noun.split()[-1], self.last or self.about
        placed = self.relation in ("on", "at", "in", "to", "of") and self._next().text != "of" and not thing.attributes
        if word not in REGIONS | SIDES or not placed:
            return False
        if about is not None and word in SIDES:
            about.side = word
        elif about is not None:
            about.region = f"{self.relation} the {word}"
        self._forget_relation()
        return True

    def _read_prep(self, item: Phrase) -> None:
        text = item.text
        if (text == "of" and self.group) or (text in PARTICLES and self.after_verb and self._next().part == "phrase"):
            return
        if self.after_verb and text in ("at", "to", "toward", "towards") and verb_key(self.relation) == "look":
            self.relation = "looking at"
        elif text == "by" and self.doing is not None and self._names_doer():
            self.relation, self.after_verb = "by", False
        else:
            self.holder = self._holder_of(text)
            self.fresh = self.joined or self.relative or self.index == 0 or self._next(-1).part in ("comma", "who")
            self.relation, self.after_verb, self.joined = text, False, False

    def _names_doer(self) -> bool:
        return self._next().part == "phrase" and make_thing(self._next()).is_alive

    def _read_verb(self, item: Phrase) -> None:
        text, key, follows = item.text, verb_key(item.text), self._next()
        actor = self._actor(text)
        passive = item.words[0].tag == "VBN"
        if self.negated:
            self.negated = False
        elif key in WRITES and actor is not None and not actor.is_alive and self._write(actor):
            pass
        elif text in MADE and follows.text in ("of", "out of", "from"):
            self.relation, self.holder, self.after_verb = "made", actor, False
            follows.part = "skip"
        elif passive and follows.text in ("with", "to") and actor is not None and not actor.is_alive:
            follows.part = "skip"
            self.relation, self.holder, self.after_verb = f"{text} {follows.text}", actor, False
        elif text not in ("colored", "coloured"):
            looks = key == "look" and follows.part == "prep" and self._next(2).text == "viewer"
            words = "looking at viewer" if looks else read_deed(text, follows, self._next(2))
            self._do(actor, Action(key, words, item.position), item)

    def _do(self, actor: Thing | None, action: Action, item: Phrase) -> None:
        """Somebody does something; what follows may be what it is done with."""
        if actor is None:
            self.early.append(action)
            if self.index or not item.text.endswith("ing"):
                self._forget_relation()
                return
        elif self._is_state(item.text):
            actor.attributes.append(item.text)
        else:
            self.doing = (actor, action) if item.words[0].tag == "VBN" or item.text.endswith("ed") else None
            for doer in self._together(actor):
                doer.actions.append(action)
        self.relation, self.holder = gerund_of(item.text), actor
        self.after_verb, self.joined, self.predicate = True, False, False

    def _is_state(self, text: str) -> bool:
        """ "the door is closed", "eyes closed": what it is like, not what it does."""
        state = attribute_kinds(text) & {"state", "colour", "material", "pattern", "hair"}
        return bool(state) and not text.endswith("ing") and self._next().part != "phrase"

    def _write(self, actor: Thing) -> bool:
        """ "a sign that says ...": what follows is written on it."""
        rest = list(takewhile(lambda item: item.part in ("phrase", "adj", "number"), self.items[self.index + 1 :]))[:4]
        actor.writing = " ".join(item.text for item in rest)
        for item in rest:
            item.part = "skip"
        return bool(rest)

    def _read_be(self, item: Phrase) -> None:
        self.predicate = True
        self._forget_relation()
        if (self.last is not None and self.last.relation == "") or self.about is None:
            self.about = self.last or self.about or self.subject
        elif self.relative:
            self.about, self.relative = self.last, False

    def _read_have(self, item: Phrase) -> None:
        following = make_thing(self._next()) if self._next().part == "phrase" else None
        deed = following is not None and is_deed_object(following) and not is_of_kind(following.key, "body", "food")
        if deed and following is not None and self.about is not None:
            self.about.actions.append(Action(verb_key(following.noun), self._next().text, item.position))
            self._next().part = "skip"
            return
        self.holder = (self.last if self.relative else None) or self.about or self.last
        self.relation, self.after_verb, self.joined, self.relative = "with", False, False, False

    def _read_adj(self, item: Phrase) -> None:
        text = item.text
        about = self.about if self.predicate else self.last
        follows_noun = (
            not self.relation and self.index and self._next(-1).part in ("phrase", "adverb", "and", "comma", "adj")
        )
        if text in WHEREABOUTS:
            self._read_adverb(item)
        elif text in ("asleep", "awake") and about is not None:
            about.actions.append(Action(verb_key(text), "sleeping" if text == "asleep" else text))
        elif (self.after_verb and "colour" in attribute_kinds(text)) or is_made(self.relation):
            if self.holder is not None:
                self.holder.attributes.append(text)
        elif about is not None and (self.predicate or follows_noun):
            about.attributes.append(text)
        elif not self.relation:
            self.scene.moods.append(text)

    def _read_adverb(self, item: Phrase) -> None:
        alone = {self._next(-1).part, self._next().part} <= {"end", "comma"}
        if item.text == "underwater" or (item.text in WHEREABOUTS and not alone):
            self.scene.moods.append(item.text)

    def _read_and(self, item: Phrase) -> None:
        self.joined = True

    def _read_comma(self, item: Phrase) -> None:
        """A comma goes on with a list or a sentence, or opens a tag."""
        follows = self._next()
        if follows.part != "phrase" and not (follows.part == "adj" and self._next(2).part in ("comma", "end")):
            self._forget_relation()
            self.joined, self.predicate, self.after_verb = self.about is not None, False, False
            if self.about is not None and self.about.tag:
                self.about = self.subject
            self.last = None if follows.part in ("verb", "prep") and self.about is not None else self.last
        elif self.front and self.about is None:
            pass
        elif self.last is not None and self._is_list():
            self.joined = True
        else:
            self._open_clause()

    def _is_list(self) -> bool:
        """ "a hat, glasses, and a beard": single phrases up to an "and"."""
        parts = [item.part for item in self.items[self.index + 1 :]]
        while parts[:2] == ["phrase", "comma"]:
            parts = parts[2:]
        return parts[:2] == ["and", "phrase"] or parts[:3] == ["phrase", "and", "phrase"]

    def _read_who(self, item: Phrase) -> None:
        if item.text in ("while", "when", "as", "because"):
            self._forget_relation()
            self.after_verb = self.predicate = False
            self.last = None
            return
        self.relative = True

    def _read_not(self, item: Phrase) -> None:
        self.negated = True

    def _read_pronoun(self, item: Phrase) -> None:
        """ "a couch with a cat on it": the cat lies on the couch."""
        last, spoken_of = self.last, self.about or self.subject
        if item.text in ("nobody", "no one", "noone"):
            self.scene.absent.append(Thing("person", item.text, anchor=self.about))
        elif self.relation and self.fresh and spoken_of is not None and item.text in OBJECTS:
            self.spot = (self.relation, spoken_of)
            self.relative = False
        elif self.relation and last is not None:
            place = last.anchor or (self.about if last is not self.about else None)
            last.stands = (self.relation, place) if place is not None else last.stands
        elif not self.relation and item.text in ("it", "he", "she", "they") and self.about is None:
            self.about, self.last = self.subject, None
        self._forget_relation()
