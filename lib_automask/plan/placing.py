"""Noun phrases find their place in the scene: a new thing, one named before, or something said of one."""

from __future__ import annotations

from lib_automask.plan import lexicon, wordlists
from lib_automask.plan.describing import Describer
from lib_automask.plan.hanging import body_parts, contradict, mentioned_before, own_part, shares_relation
from lib_automask.plan.noun_phrase import NounPhrase
from lib_automask.plan.saying import is_carried, is_dressed_in
from lib_automask.plan.scene import Thing
from lib_automask.plan.spot import OWNED, Word


class Placer(Describer):
    """Adds noun phrases to the scene."""

    def noun_phrase(self, words: list[Word], index: int) -> int:
        phrase = NounPhrase()
        while index < len(words) and phrase.take(words[index]):
            index += 1
        if index < len(words) and words[index].text in ("one", "ones") and phrase.nouns and phrase.only_attributes:
            index += 1
            self._is_another(phrase)
        elif self._is_one_of_them(phrase, words[index : index + 1]):
            index += 1
            phrase.nouns.append(lexicon.singular(self.last.words[-1]) if self.last else "one")
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

    def _is_one_of_them(self, phrase: NounPhrase, following: list[Word]) -> bool:
        """ "three ducks, the last one in a hat"."""
        counted = phrase.nouns[-1:] and phrase.nouns[-1] in wordlists.names("common", "which one")
        return bool(counted) and bool(following) and following[0].text == "one" and self.last is not None

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
        if not self.says_something(phrase):
            thing = phrase.thing(clause.collective)
            if clause.vessel is not None:
                held = clause.vessel.thing()
                thing.vessel, thing.article = " ".join(clause.vessel.nouns), held.article
                thing.count, thing.number = held.count, held.number
            self._hang(thing)
        clause.collective, clause.vessel, clause.relation = "", None, ""

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
