"""The scene while it is read: where the sentence stands, and where a thing that it names is hung."""

from __future__ import annotations

from collections.abc import Sequence

from lib_automask.plan import vocabulary
from lib_automask.plan.noun_phrases import ONE_OF_A_KIND, Phrase, count_of
from lib_automask.plan.predicates import active_of, exclude_attributes, gerund_of, split_part, verb_key
from lib_automask.plan.scene import Action, Scene, Thing
from lib_automask.plan.tokens import is_closed
from lib_automask.plan.vocabulary import in_list, is_of_kind

HUMAN = frozenset(("hold", "wear", "read", "carry", "play", "talk"))
"""What hardly anything but a person does."""
KEEPS = frozenset(("with", "in", "of", "wearing", "holding", "having", "carrying"))
"""By these a thing goes with its holder: what follows is said of the holder."""


class SceneBuilder:
    """Takes things one by one, in the order of the text.

    ``last`` is the thing named last, ``about`` what the clause is about, ``subject`` what the text is; ``relation`` and
    ``holder`` wait for the next thing.
    """

    def __init__(self) -> None:
        self.scene = Scene()
        self.subject: Thing | None = None
        self.sentence = self.index = 0
        self.items: list[Phrase] = []
        self._open_clause()

    def _open_clause(self) -> None:
        self.last: Thing | None = None
        self.about: Thing | None = None
        self.relation = ""
        self.holder: Thing | None = None
        self.joined = self.negated = self.predicate = self.relative = self.after_verb = False
        self.front: list[Thing] = []
        self.owner: Thing | None = None
        self.group = ""
        self.carried: Thing | None = None
        self.early: list[Action] = []
        self.spot: tuple[str, Thing] | None = None
        self.fresh = True
        self.doing: tuple[Thing, Action] | None = None

    def _next(self, offset: int = 1) -> Phrase:
        index = self.index + offset
        return self.items[index] if 0 <= index < len(self.items) else Phrase("end")

    def _forget_relation(self) -> None:
        self.relation, self.holder = "", None

    def _known(self, thing: Thing) -> Thing | None:
        """The thing that is spoken of again: "... a dog. The dog wears a hat"."""
        if thing.article in ("a", "an", "another", "one") or (thing.number and self.sentence == 0):
            return None
        before = [other for other in self.scene.things if other.key == thing.key and other is not self.last]
        if not before and thing.article == "the" and self.sentence:
            before = [one for one in self.scene.things if vocabulary.relate_nouns(thing.key, one.key) == "narrower"]
        if thing.article not in ("the", "this", "that") and (self.sentence == 0 or self.joined):
            return None
        fitting = [other for other in before if not _contradict(other.attributes, thing.attributes)]
        if len(fitting) > 1:
            fitting = [other for other in fitting if set(thing.attributes) <= set(other.attributes)] or fitting
        return fitting[-1] if fitting else None

    def _place(self, thing: Thing, named: Thing) -> None:
        """Hang a thing where the sentence puts it."""
        again = thing is not named
        if again and self.relation and (self.holder is None or self.fresh):
            self.spot = (self.relation, thing)
            self._forget_relation()
            self.last = thing
            return
        if again:
            thing.attributes += [word for word in named.attributes if word not in thing.attributes]
            thing.actions += named.actions
        else:
            self.scene.things.append(thing)
            self._split_parts(thing)
        if self.relation == "by" and self.doing is not None:
            self._turn_passive(thing)
        elif self.relation:
            self._hang(thing, again)
        elif self.joined and self.last is not None and not again and self._goes_on(thing):
            thing.relation, thing.joined = self.last.relation, True
            thing.hang_on(self.last.anchor)
        else:
            thing.joined = self.joined
            if not again and thing.number and thing.key in ("girl", "boy") and not thing.article:
                thing.key = f"1{thing.key}"
            sides = (self._next(-1).part, self._next().part)
            thing.tag = not again and all(part in ("end", "comma") for part in sides)
            self._open_subject(thing)
        self.last = thing
        self.joined = self.predicate = self.after_verb = False
        if not self.relation:
            self.relative = False
        self._forget_relation()

    def _split_parts(self, thing: Thing) -> None:
        """ "a gray-haired man" is a man with gray hair."""
        for attribute in list(thing.attributes):
            part = split_part(attribute)
            if part is not None:
                key, _ = vocabulary.find_concept([part[1]])
                thing.attributes.remove(attribute)
                self.scene.things.append(Thing(key, part[1], [part[0]], relation="with", anchor=thing, span=thing.span))

    def _goes_on(self, thing: Thing) -> bool:
        """Whether "and" joins a thing to what the last one hangs on: "with a beard and a hat"."""
        last = self.last
        if self.items[self.index - 1].text in ("plus", "as well as", "along with"):
            return False
        if last is None or not last.relation or (last.relation == "of" and thing.article):
            return False
        parted = "comma" in (self._next(-1).part, self._next(-2).part)
        if parted and thing.article and last.relation not in KEEPS and is_closed(last.relation):
            return False  # "a star left of a cat, a box and a house"
        if thing.is_alive != last.is_alive and thing.is_alive:
            return False
        clothes = ("clothing" in last.kinds) == ("clothing" in thing.kinds)
        scenery = vocabulary.is_scenery(last.key) == vocabulary.is_scenery(thing.key)
        return ((clothes or last.relation == "with") and scenery) or bool(last.kinds & thing.kinds)

    def _hang(self, thing: Thing, again: bool) -> None:
        holder = self.holder
        if holder is thing:
            return
        around = vocabulary.is_scenery(thing.key) and in_list(self.relation, "whole setting") and not again
        holder = _top_of(holder) if around and holder is not None else holder
        if not again and (holder is None or thing not in holder.holders()):
            thing.relation = self.relation
            thing.hang_on(holder)
        if holder is None:
            self.front.append(thing)
            return
        vague = holder.stands is None or (holder.stands[1].is_setting and not thing.is_setting)
        if self.relation not in ("with", "of") and vague:
            holder.stands = (self.relation, thing)

    def _open_subject(self, thing: Thing) -> None:
        """A thing at the top: what the clause is about from here on."""
        for place in self.front:
            place.hang_on(thing)
            thing.stands = thing.stands or (place.relation, place)
        self.front = []
        if self.spot is not None and self.spot[1] is not thing:
            thing.stands = self.spot
        self.spot = None
        thing.actions += self.early
        self.early = []
        self.about = thing
        if self.subject is None or self.subject.is_setting:
            self.subject = thing

    def _finish_group(self, thing: Thing) -> None:
        """ "a group of dancers", "two cups of": number and group go over to what is counted."""
        carried = self.carried
        if not self.group or carried is None:
            return
        thing.group = self.group if self.group not in ONE_OF_A_KIND else ""
        thing.number = thing.number or carried.number
        thing.count = count_of(thing, vocabulary.singular_of(self.group))
        thing.article = thing.article or carried.article
        thing.span = (carried.span[0], thing.span[1])
        self.group = ""

    def _deny(self, thing: Thing) -> None:
        thing.hang_on(self.last or self.about)
        self.scene.absent.append(thing)
        further, named = self._next().text, self._next(2)
        described = any(word.part == "adj" for word in named.words)
        self.negated = further in ("or", "nor") or (further == "and" and not described)  # "no cars and white walls"
        self._forget_relation()

    def _drop_unknown(self, thing: Thing) -> None:
        """Words that nobody knows before a noun ("sks person") are some network's, and no attribute."""
        unknown = [word for word in thing.attributes if vocabulary.is_unknown(word) and len(word) < 5]
        thing.attributes = [word for word in thing.attributes if word not in unknown]
        self.scene.residue += unknown

    def _holder_of(self, preposition: str) -> Thing | None:
        if self.after_verb or self.predicate:
            return self.holder or self.about
        last, about = self.last, self.about
        placed = last is not None and last.kinds and (last.is_setting or last.relation in ("on", "in", "at"))
        if preposition == "with" and placed and last and not last.is_alive and about is not None and about.is_alive:
            return about
        return last or about

    def _actor(self, text: str) -> Thing | None:
        """Who does what the verb says."""
        if self.predicate or (self.joined and self.about is not None):
            return self.about
        if self.front and self.about is None:
            return None
        if self._next(-1).part in ("comma", "end") and self.last is None and self.index:
            return self.subject
        actor = self.last or (self.about if self.index else None)
        if actor is None:
            return None if self._opens_subject() else self.subject
        if self.relative:
            self.relative = False
            return actor
        return self._climb(actor, in_list(gerund_of(text), "by people") or verb_key(text) in HUMAN)

    def _climb(self, actor: Thing, human: bool) -> Thing:
        """From what was named last to who can do it: the woman of "a woman in a dress holding ..."."""
        while actor.anchor is not None:
            part = is_of_kind(actor.key, "body") or in_list(actor.key, "everybody has")
            people = human and "person" not in actor.kinds and any("person" in one.kinds for one in actor.holders())
            carried = actor.relation in KEEPS or actor.anchor.is_alive or actor.is_setting
            newcomer = actor.relation == "with" and actor.article in ("a", "an") and not actor.anchor.is_alive
            if not (part or people or (carried and not actor.is_alive and not newcomer)):
                break
            actor = actor.anchor
        return actor

    def _opens_subject(self) -> bool:
        """ "sitting on a bench, a man ...", "down the hall comes a woman": the subject is still to come."""
        rest = [item.part for item in self.items[self.index + 1 :]]
        return "phrase" in rest and (bool(self.front) or (self.sentence == 0 and self.subject is None))

    def _together(self, actor: Thing) -> list[Thing]:
        """ "a man and a woman are sitting": both sit."""
        index = self.scene.things.index(actor) if actor in self.scene.things else 0
        before = self.scene.things[index - 1] if index else actor
        both = actor.joined and not (actor.relation or before.relation or before.actions) and before.kinds & actor.kinds
        return [before, actor] if both else [actor]

    def _turn_passive(self, agent: Thing) -> None:
        """ "a mouse chased by a cat": the cat chases the mouse."""
        if self.doing is None:
            return
        patient, done = self.doing
        text = active_of(done.text.split()[0])
        if done in patient.actions:
            patient.actions.remove(done)
        agent.actions.append(Action(done.key, text, done.position))
        if not patient.relation and agent not in patient.holders():
            patient.relation = text
            patient.hang_on(agent)
        self.doing = None
        self._forget_relation()


def _top_of(thing: Thing) -> Thing:
    """What a thing hangs on in the end."""
    holders = [thing, *thing.holders()]
    return next((one for one in reversed(holders) if not one.is_setting), thing)


def _contradict(one: Sequence[str], other: Sequence[str]) -> bool:
    return any(exclude_attributes(first, second) for first in one for second in other)
