"""Tagged words → a ``Scene``: noun phrases, how they hang together, what they do.

One pass from left to right. A preposition or a verb waits in ``Clause.relation`` until its noun phrase comes, and
then hangs it on ``Clause.holder``.
"""

from __future__ import annotations

from lib_automask.plan import lexicon, verbs
from lib_automask.plan.clause import Clause, rewrite_idioms
from lib_automask.plan.hanging import body_parts, mentioned_before, shares_relation, split_up, takes_part
from lib_automask.plan.noun_phrase import NounPhrase, joined_attributes
from lib_automask.plan.scene import Action, Scene, Thing
from lib_automask.plan.tagging import OWNED, Word, tag_words

EXPRESSIONS = ("expression", "expressions", "look", "gaze")
SIDES = {"left": "left", "right": "right", "left side": "left", "right side": "right", "left hand side": "left",
         "right hand side": "right", "leftmost": "left", "rightmost": "right"}  # fmt: skip


def read_scene(clauses: list[str]) -> Scene:
    """The scene that the clauses, in lower case and without prompt syntax, describe."""
    reader = _Reader()
    for clause in clauses:
        reader.read(rewrite_idioms(clause))
    return reader.scene


class _Reader:
    """Reads clause after clause into one scene; ``subject`` is what the whole text is about."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.subject: Thing | None = None
        self.last: Thing | None = None
        self.about: Thing | None = None
        self.clause = Clause()

    def read(self, text: str) -> None:
        self.about = self.clause.about or self.about
        self.clause = Clause()
        words, junk = _sift(tag_words(text))
        self.scene.residue += junk
        if _is_attribute_tag(words):
            self._describe([word.text for word in words if word.tag == "noun"])
            return
        before = len(self.scene.things)
        index = 0
        while index < len(words):
            index = self._step(words, index)
        for thing in self.scene.things[before : before + 1]:
            thing.tag = not thing.relation

    def _step(self, words: list[Word], index: int) -> int:
        """Take in one word, or one noun phrase; the index of what comes next."""
        word, clause = words[index], self.clause
        if word.tag in ("article", "owner", "number", "noun"):
            return self._noun_phrase(words, index)
        if word.tag == "verb":
            self._verb(word)
        elif word.tag == "at":
            self._preposition(word)
        elif word.tag == "have":
            clause.relation, clause.holder, clause.after_verb = "with", self._actor(), False
        elif word.tag == "not":
            clause.negated = True
        elif word.tag == "and":
            clause.joined = True
        elif word.tag == "be":
            self._be()
        elif word.tag == "who":
            clause.relative = True
        elif word.tag == "pronoun":
            self._pronoun(word.text)
        return index + 1

    def _be(self) -> None:
        clause = self.clause
        clause.predicate = True
        if clause.front and not clause.relation:
            clause.place = clause.front

    def _preposition(self, word: Word) -> None:
        clause = self.clause
        if word.text == "of" and clause.collective:
            return
        from_verb = clause.after_verb or clause.last is None
        clause.suffered = self._suffered(word)
        clause.negated = word.text == "instead of" or (clause.negated and not clause.after_verb)
        clause.holder = self._holder(word, from_verb)
        clause.relation, clause.after_verb, clause.predicate, clause.joined = word.text, False, False, False

    def _holder(self, word: Word, from_verb: bool) -> Thing | None:
        """What a preposition hangs on: the thing named last; what is done or said hangs on who does it."""
        clause = self.clause
        if clause.predicate and not clause.relative and clause.about is not None:
            return clause.about
        alive = clause.about is not None and lexicon.is_kind(clause.about.key, "person", "animal")
        if word.text == "with" and alive and clause.last is not None and clause.last.is_setting:
            return clause.about
        return self._actor() if from_verb else clause.last

    def _suffered(self, word: Word) -> Action | None:
        """ "a crane is operated by": what the thing suffers, its operator does."""
        about = self.clause.about
        if word.text != "by" or not self.clause.after_verb or about is None or not about.actions:
            return None
        return about.actions[-1] if about.actions[-1].text.endswith(("ed", "en")) else None

    def _pronoun(self, text: str) -> None:
        """ "a couch with a cat on it": the cat lies on the couch; "on top of it ..." opens with the subject."""
        clause = self.clause
        if clause.relation and clause.last is not None and clause.last.anchor is not None:
            clause.last.stands = (clause.relation, clause.last.anchor)
        elif clause.relation and clause.last is None and self.subject is not None:
            clause.place = (clause.relation, self.subject)
        elif clause.about is None and text in ("it", "he", "she", "they"):
            clause.about = self.about
        clause.relation = ""

    def _verb(self, word: Word) -> None:
        clause = self.clause
        action = Action(verbs.stem(word.text), word.text)
        continues = clause.joined or (clause.predicate and not clause.relative)
        actor = clause.about if continues and clause.about else self._actor()
        if clause.front and not clause.joined:
            clause.place, clause.opening = clause.front, [action]
            return
        if (stated := clause.last if _is_body(clause.last) else actor) is not None and _is_state_of(stated, word.text):
            stated.attributes += [word.text] if lexicon.attribute_kinds(word.text) != {"nature"} else []
        elif not clause.negated:
            for doer in self._together(actor):
                doer.actions.append(action)
        clause.relation, clause.holder, clause.after_verb = word.text, actor, True
        clause.predicate = clause.joined = clause.relative = False

    def _actor(self) -> Thing | None:
        """Who does what the verb says: the thing named last, or the one it is worn by, sits on or stands in."""
        actor = self.clause.last or self.subject
        while actor is not None and actor.anchor is not None and takes_part(actor):
            actor = actor.anchor
        return self.subject if actor is None or actor.is_setting else actor

    def _together(self, actor: Thing | None) -> list[Thing]:
        """ "a man and a woman sitting": both sit."""
        if actor is None or actor not in self.scene.things:
            return [actor] if actor else []
        index = self.scene.things.index(actor)
        before = self.scene.things[index - 1] if index else actor
        both = actor.joined and not actor.relation and not before.relation and before.kind & actor.kind
        return [before, actor] if both else [actor]

    def _noun_phrase(self, words: list[Word], index: int) -> int:
        phrase = NounPhrase()
        while index < len(words) and phrase.take(words[index]):
            index += 1
        following = words[index] if index < len(words) else None
        if not phrase.nouns:
            return index + (following == OWNED)
        if following == OWNED:
            self.clause.owner = self._owner(phrase)
            return index + 1
        if following is not None and following.text == "of" and self._takes_of(phrase):
            return index + 1
        self._place(phrase)
        return index

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
        if lexicon.is_kind(phrase.head, "container"):
            self.clause.vessel = phrase
            return True
        return phrase.head in lexicon.names("grammar", "view")

    def _place(self, phrase: NounPhrase) -> None:
        """A noun phrase says something of a thing that is there already, or names a new one."""
        clause = self.clause
        if not self._says_something(phrase):
            thing = phrase.thing(clause.collective)
            if clause.vessel is not None:
                held = clause.vessel.thing()
                thing.vessel, thing.article = " ".join(clause.vessel.nouns), held.article
                thing.count, thing.number = held.count, held.number
            self._hang(thing)
        clause.collective, clause.vessel, clause.relation = "", None, ""

    def _says_something(self, phrase: NounPhrase) -> bool:
        """Takes in a side, an expression, a predicate, a material or a word for the picture; False for a new thing."""
        clause = self.clause
        side = SIDES.get(" ".join(phrase.nouns))
        if side and self.last is not None:
            self.last.place = side
        elif phrase.nouns[-1] in EXPRESSIONS and clause.holder is not None:
            clause.holder.attributes += phrase.nouns[:-1]
        elif (clause.predicate or clause.after_verb) and phrase.says_how:
            self._describe(phrase.nouns)
        elif clause.holder is not None and self._is_made_of(phrase):
            clause.holder.attributes += [word for word in phrase.nouns if word not in clause.holder.attributes]
        elif clause.holder is not None and clause.after_verb and self._is_done(phrase):
            text = " ".join((clause.relation, *phrase.nouns))
            clause.holder.actions[-1] = Action(verbs.stem(phrase.head), text)
        elif phrase.number and phrase.only_attributes and split_up(phrase, self.scene):
            pass
        elif phrase.is_filler:
            self.scene.hinted |= set(map(lexicon.singular, phrase.nouns[:-1]))
            if clause.after_verb and clause.holder is not None:
                clause.holder.actions = clause.holder.actions[:-1]  # "taking a picture" is no pose
        else:
            return False
        return True

    def _is_made_of(self, phrase: NounPhrase) -> bool:
        """ "made of gravel", "a door of glass"."""
        clause = self.clause
        return clause.relation in lexicon.names("common", "made of") or (
            clause.relation == "of" and not clause.vessel and phrase.is_surface
        )

    def _is_done(self, phrase: NounPhrase) -> bool:
        """ "doing a handstand" is an action and no thing."""
        done = verbs.stem(self.clause.relation) in verbs.stems("done") and not lexicon.kinds(phrase.head)
        return done and self.clause.holder is not None and bool(self.clause.holder.actions)

    def _hang(self, thing: Thing) -> None:
        """Give a new thing its relation and anchor, and find out whether it has been named before."""
        clause = self.clause
        if clause.negated:
            self.scene.absent.append(thing)
            clause.negated = False
            return
        self._relate(thing)
        known = mentioned_before(thing, self.scene.things) or thing
        if known is thing:
            self.scene.things += [thing, *body_parts(thing)]
        else:
            known.attributes += [word for word in thing.attributes if word not in known.attributes]
        self._place_holder(thing, known)
        if self.subject is None and not known.relation and not known.is_setting:
            self.subject = known
        if clause.about is None or not (clause.relation or thing.owner):
            clause.about = known
        opens = clause.last is None and clause.relation in lexicon.names("grammar", "preposition")
        clause.front = (clause.relation, known) if opens else None
        clause.last = self.last = known
        clause.owner = clause.place = None
        clause.joined = clause.predicate = clause.after_verb = False

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
        elif clause.joined and clause.last is not None and shares_relation(clause.last, thing):
            thing.relation, thing.anchor = clause.last.relation, clause.last.anchor

    def _place_holder(self, thing: Thing, known: Thing) -> None:
        """ "a clock sits on the nightstand" places the clock; of "the roof of the house" the house owns the roof."""
        holder, relation = self.clause.holder, self.clause.relation
        if not relation or holder is None or holder is known:
            return
        if holder.stands is None and (known is not thing or relation in lexicon.names("grammar", "preposition")):
            holder.stands = (relation, known)
        if relation != "of":
            return
        if lexicon.is_place(known.key) and lexicon.is_kind(holder.key, "fixture", "place") and holder.relation:
            known.relation, known.anchor = holder.relation, holder.anchor
        elif holder.owner is None:
            holder.owner = known

    def _describe(self, attributes: list[str]) -> None:
        """ "is green", or a tag "matte black" after its thing."""
        target = self._described()
        if target is None:
            self.scene.residue += attributes
            return
        target.attributes += [word for word in joined_attributes(attributes) if word not in target.attributes]
        if self.clause.after_verb and target.actions and target.actions[-1].text.endswith("ed"):
            target.actions.pop()  # "painted orange" says the colour, nothing is being done
        self.clause.predicate = False

    def _described(self) -> Thing | None:
        """Whom "is green" speaks of: what the clause is about; a bare tag speaks of the whole prompt's subject."""
        clause = self.clause
        if clause.predicate or clause.after_verb:
            return clause.last if clause.relative or clause.about is None else clause.about
        return self.last if self.last is self.subject else self.subject or self.last


def _is_state_of(thing: Thing, verb: str) -> bool:
    """ "a car parked", "eyes closed", "mouth open" say how a thing is, not what it does."""
    return lexicon.is_attribute(verb) and (verb.endswith("ed") or _is_body(thing))


def _is_body(thing: Thing | None) -> bool:
    return thing is not None and lexicon.is_kind(thing.key, "body")


def _sift(words: list[Word]) -> tuple[list[Word], list[str]]:
    """Words, and what cannot be one: "0.5", "xqzt"; junk must never become an edit."""
    junk = [word.text for word in words if word.tag == "noun" and not lexicon.is_word(word.text)]
    return [word for word in words if word.tag != "noun" or word.text not in junk], junk


def _is_attribute_tag(words: list[Word]) -> bool:
    """Whether a clause only says how something is: "matte black"."""
    phrase = NounPhrase(nouns=[word.text for word in words if word.tag == "noun"])
    bare = all(word.tag in ("noun", "adverb", "and") for word in words)
    return bool(phrase.nouns) and bare and phrase.only_attributes and not lexicon.kinds(phrase.head)
