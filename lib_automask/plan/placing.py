"""Noun phrases find their place in the scene: a new thing, one named before, or something said of one."""

from __future__ import annotations

from dataclasses import replace

from lib_automask.plan import lexicon, usual, verbs, wordlists
from lib_automask.plan.clause import Clause
from lib_automask.plan.hanging import (
    DEFINITE,
    body_parts,
    contradict,
    mentioned_before,
    own_part,
    shares_relation,
    split_up,
)
from lib_automask.plan.noun_phrase import NounPhrase, joined_attributes
from lib_automask.plan.saying import described_by, is_carried, is_dressed_in, is_used
from lib_automask.plan.scene import Action, Scene, Thing
from lib_automask.plan.tagging import OWNED, Word

EXPRESSIONS = ("expression", "expressions", "look", "gaze")
SIDES = {"left": "left", "right": "right", "left side": "left", "right side": "right", "left hand side": "left",
         "right hand side": "right", "leftmost": "left", "rightmost": "right"}  # fmt: skip


class Placer:
    """The scene so far.

    ``subject`` is what the whole text is about, ``last`` the thing named last, ``about`` what the clause before was
    about, ``clause`` where the reading of this one stands.
    """

    def __init__(self) -> None:
        self.scene = Scene()
        self.subject: Thing | None = None
        self.last: Thing | None = None
        self.about: Thing | None = None
        self.clause = Clause()

    def noun_phrase(self, words: list[Word], index: int) -> int:
        phrase = NounPhrase()
        while index < len(words) and phrase.take(words[index]):
            index += 1
        if index < len(words) and words[index].text in ("one", "ones") and phrase.nouns and phrase.only_attributes:
            index += 1
            self._is_another(phrase)
        following = words[index] if index < len(words) else None
        if self._is_one(phrase, following):
            phrase.nouns = [lexicon.singular(self.last.words[-1])] if self.last else []
        if not phrase.nouns:
            return index + (following == OWNED)
        if following == OWNED:
            self.clause.owner = self._owner(phrase)
            return index + 1
        if following is not None and following.text == "of" and self._takes_of(phrase):
            return index + 1
        self._place(phrase)
        return index

    def _is_one(self, phrase: NounPhrase, following: Word | None) -> bool:
        """The "one" of "a row of huts, one in yellow"."""
        alone = phrase.number == "one" and not phrase.nouns
        return alone and following is not None and following.text in ("in", "with") and self.last is not None

    def _is_another(self, phrase: NounPhrase) -> None:
        """ "two doors, a red one and a blue one", "a black cat and a white one"."""
        named = self.subject if self.last is not None and self.last.is_setting else self.last
        again = named is not None and phrase.article in ("a", "an") and self.clause.last is None
        if again and named and not (self.clause.joined or contradict(named.attributes, phrase.nouns)):
            phrase.article, phrase.nouns = "the", [*phrase.nouns, lexicon.singular(named.words[-1])]
        elif named is not None and named.count in (1, None) and self.scene.several is None:
            phrase.nouns.append(lexicon.singular(named.words[-1]))
        else:
            phrase.number = phrase.number or "one"

    def _owner(self, phrase: NounPhrase) -> Thing:
        """The owner that "the man's" names: known already, or only mentioned."""
        owner = phrase.thing()
        known = mentioned_before(owner, self.scene.things)
        if known is None:
            owner.mentioned = True
            self.scene.things.append(owner)
        return known or owner

    def _takes_of(self, phrase: NounPhrase) -> bool:
        """ "a group of", "a cup of", "the front of": says something of the noun to come, and is no thing itself."""
        if phrase.counts:
            self.clause.collective = phrase.head
            self.scene.hinted.add(phrase.head)
            return True
        filled = len(phrase.nouns) > 1 and lexicon.is_kind(lexicon.singular(phrase.nouns[-2]), "food", "drink")
        holds = lexicon.is_kind(phrase.head, "container") or phrase.head == "glasses"  # "two glasses of wine"
        if holds and not filled:
            self.clause.vessel = phrase
            return True
        return phrase.head in wordlists.names("grammar", "view")

    def _place(self, phrase: NounPhrase) -> None:
        """A noun phrase says something of a thing that is there already, or names a new one."""
        clause = self.clause
        if is_dressed_in(phrase, clause):
            phrase.nouns.append("clothes")
        if not self._says_something(phrase):
            thing = phrase.thing(clause.collective)
            if clause.vessel is not None:
                held = clause.vessel.thing()
                thing.vessel, thing.article = " ".join(clause.vessel.nouns), held.article
                thing.count, thing.number = held.count, held.number
            self._hang(thing)
        clause.collective, clause.vessel, clause.relation = "", None, ""

    def _put_aside(self, thing: Thing, side: str) -> None:
        """ "the dog on the right", after one on the left, is another dog."""
        if thing.place not in ("", side):
            thing = replace(thing, attributes=[], actions=[])
            self.scene.things.append(thing)
            self.clause.about = self.clause.last = self.last = thing
        thing.place = side

    def _says_something(self, phrase: NounPhrase) -> bool:
        """Takes in a side, an expression, a predicate, a material or a word for the picture; False for a new thing."""
        clause = self.clause
        side = SIDES.get(" ".join(phrase.nouns))
        where = f"{clause.relation} the {' '.join(phrase.nouns)}"
        if self.last is not None and (side or phrase.is_filler) and usual.region(where):
            self.last.region = where
        if side and self.last is not None:
            self._put_aside(self.last, side)
        elif _is_expression(phrase) and (shows := clause.holder or self.subject) is not None:
            shows.attributes += phrase.nouns[:-1]
        elif (clause.predicate or clause.after_verb) and phrase.says_how and not is_used(phrase, clause):
            self.describe(phrase.nouns)
        elif clause.predicate and not clause.relation and phrase.is_shade:
            self.describe([" ".join(phrase.nouns)])
        elif (whole := described_by(phrase, clause)) is not None:
            whole.attributes += [word for word in phrase.nouns if word not in whole.attributes]
        elif clause.holder is not None and clause.after_verb and self._is_done(phrase):
            text = " ".join((clause.relation, *phrase.nouns))
            clause.holder.actions[-1] = Action(verbs.stem(phrase.head), text)
        elif phrase.number == "one" and phrase.article in DEFINITE and phrase.only_attributes:
            self.describe(phrase.nouns)
        elif phrase.number and phrase.only_attributes and split_up(phrase, self.scene):
            pass
        elif phrase.is_filler:
            self.scene.hinted |= set(map(lexicon.singular, phrase.nouns[:-1]))
            if clause.holder is not None and verbs.stem(clause.relation) in verbs.stems("taking"):
                clause.holder.actions = clause.holder.actions[:-1]  # "taking a picture" is no pose
        else:
            return False
        return True

    def _is_done(self, phrase: NounPhrase) -> bool:
        """ "doing a handstand" is an action and no thing."""
        done = verbs.stem(self.clause.relation) in verbs.stems("done") and not lexicon.kinds(phrase.head)
        return done and self.clause.holder is not None and bool(self.clause.holder.actions)

    def _hang(self, thing: Thing) -> None:
        """Give a new thing its relation and anchor, and find out whether it has been named before."""
        clause = self.clause
        if clause.negated:
            thing.relation, thing.anchor = clause.relation, clause.holder or clause.last
            self.scene.absent.append(thing)
            clause.negated = False
            return
        self._relate(thing)
        known = (
            self._counted(thing)
            or mentioned_before(thing, self.scene.things)
            or own_part(thing, self.scene.things)
            or thing
        )
        if known is thing:
            self.scene.things += [thing, *body_parts(thing)]
        else:
            known.attributes += [word for word in thing.attributes if word not in known.attributes]
        self._place_holder(thing, known)
        if self.subject is None and not known.relation and not known.is_setting:
            self.subject = known
        if clause.about is None or not (clause.relation or thing.owner):
            clause.about = known
        opens = clause.last is None and clause.relation in wordlists.names("grammar", "preposition")
        goes_on = clause.front is not None and clause.relation in wordlists.names("grammar", "preposition")
        clause.front = (clause.relation, known) if opens else clause.front if goes_on else None
        clause.last = self.last = known
        clause.owner = clause.place = None
        clause.joined = clause.predicate = clause.after_verb = False

    def _counted(self, thing: Thing) -> Thing | None:
        """ "1boy, soldier": the tag behind says who the one before is."""
        counted = next((other for other in self.scene.things if other.key in ("1girl", "1boy")), None)
        bare = not (thing.article or thing.number or thing.relation) and self.clause.last is None
        if counted is not None and bare and lexicon.is_kind(thing.key, "person"):
            counted.words, counted.key, counted.noun = thing.words, thing.key, thing.noun
            return counted
        return None

    def _relate(self, thing: Thing) -> None:
        clause = self.clause
        thing.owner, thing.joined = clause.owner, clause.joined
        if clause.place is not None:
            thing.stands, thing.actions = clause.place, [*thing.actions, *clause.opening]
        elif clause.suffered is not None and clause.about is not None:
            clause.about.actions.remove(clause.suffered)
            clause.about.relation, clause.about.anchor = clause.suffered.text, thing
            thing.actions.append(clause.suffered)
            clause.suffered = None
        elif clause.relation:
            thing.relation, thing.anchor = clause.relation, clause.holder
            if clause.relation == "with" and clause.holder is not None and is_carried(thing, clause.holder):
                thing.anchor = clause.holder = clause.holder.anchor
        elif clause.joined and clause.last is not None and shares_relation(clause.last, thing):
            thing.relation, thing.anchor = clause.last.relation, clause.last.anchor

    def _place_holder(self, thing: Thing, known: Thing) -> None:
        """ "a clock sits on the nightstand" places the clock; of "the roof of the house" the house owns the roof."""
        holder, relation = self.clause.holder, self.clause.relation
        if not relation or holder is None or holder is known:
            return
        if holder.stands is None and (known is not thing or relation in wordlists.names("grammar", "preposition")):
            holder.stands = (relation, known)
        if relation != "of":
            return
        if lexicon.is_place(known.key) and lexicon.is_kind(holder.key, "fixture", "place") and holder.relation:
            known.relation, known.anchor = holder.relation, holder.anchor
        elif holder.owner is None:
            holder.owner = known

    def describe(self, attributes: list[str]) -> None:
        """ "is green", or a tag "matte black" after its thing."""
        target = self._described()
        if target is None:
            self.scene.residue += attributes
            return
        target.attributes += [word for word in joined_attributes(attributes) if word not in target.attributes]
        self.scene.things += body_parts(target)
        if self.clause.after_verb and target.actions and target.actions[-1].text.endswith("ed"):
            target.actions.pop()  # "painted orange" says the colour, nothing is being done
        self.clause.predicate = False

    def _described(self) -> Thing | None:
        """Whom "is green" speaks of: what the clause is about; a bare tag speaks of the whole prompt's subject."""
        clause = self.clause
        if clause.predicate or clause.after_verb:
            return clause.last if clause.relative or clause.about is None else clause.about
        if self.subject is None or self.last is None:
            return self.subject or self.last
        worn = lexicon.is_kind(self.last.key, "clothing", "hair") and lexicon.is_kind(self.subject.key, "person")
        return self.last if worn else self.subject


def _is_expression(phrase: NounPhrase) -> bool:
    """ "a sad expression", "an angry face"."""
    *how, noun = phrase.nouns
    felt = bool(how) and all("expression" in lexicon.attribute_kinds(word) for word in how)
    return noun in EXPRESSIONS or (noun in ("face", "faces") and felt)
