"""Tagged words → a ``Scene``: noun phrases, how they hang together, what they do.

One pass from left to right. A preposition or a verb waits in ``Clause.relation`` until its noun phrase comes, and
then hangs it on ``Clause.holder``.
"""

from __future__ import annotations

from lib_automask.plan import endings, lexicon, verbs
from lib_automask.plan.clause import Clause
from lib_automask.plan.doing import action as read_action
from lib_automask.plan.doing import bears, hand, is_body, is_state_of, person
from lib_automask.plan.hanging import takes_part
from lib_automask.plan.idioms import rewrite_idioms
from lib_automask.plan.noun_phrase import NounPhrase
from lib_automask.plan.placing import Placer
from lib_automask.plan.scene import Action, Scene, Thing
from lib_automask.plan.spot import Word
from lib_automask.plan.tagging import tag_words

POSES = ("down", "up", "back")
"""How hair may be worn, and arms and tails be held."""


def read_scene(clauses: list[str]) -> Scene:
    """The scene that the clauses, in lower case and without prompt syntax, describe."""
    reader = _Reader()
    for clause in clauses:
        reader.read(rewrite_idioms(clause))
    return reader.scene


class _Reader(Placer):
    """Reads clause after clause into one scene; ``early`` is what is done before anybody is named."""

    def __init__(self) -> None:
        super().__init__()
        self.early: list[Action] = []

    def read(self, text: str) -> None:
        self.about = self.clause.about or self.about
        self.clause = Clause()
        words, junk = _sift(tag_words(text))
        self.scene.residue += junk
        if _is_mood_tag(words):
            return
        if _is_attribute_tag(words):
            said = [word.text for word in words if word.tag == "noun"]
            self.describe([word for word in said if lexicon.attribute_kinds(word) != {"nature"}])
            return
        before = len(self.scene.things)
        index = 0
        while index < len(words):
            index = self._step(words, index)
        self._begin()
        for thing in self.scene.things[before : before + 1]:
            thing.tag = not thing.relation

    def _begin(self) -> None:
        """ "sitting, a dog by a tree": the dog sits; "wearing a red hat, a man by a tree": he wears the hat."""
        if self.subject is None:
            return
        alive = lexicon.is_kind(self.subject.key, "person", "animal")
        for thing in self.scene.things if alive else []:
            worn = thing.relation in ("with", "in") and lexicon.is_kind(thing.key, "clothing")
            if thing.anchor is None and (worn or any(action.text == thing.relation for action in self.early)):
                thing.anchor = self.subject
        self.subject.actions[:0] = self.early if alive else []
        self.early = []

    def _step(self, words: list[Word], index: int) -> int:
        """Take in one word, or one noun phrase; the index of what comes next."""
        word, clause = words[index], self.clause
        if word.tag in ("article", "owner", "number", "noun"):
            return self.noun_phrase(words, index)
        if word.tag == "verb":
            self._verb(word, *(following.text for following in words[index + 1 : index + 3]))
        elif word.tag == "at":
            self._preposition(word)
        elif word.tag == "have":
            clause.relation, clause.holder, clause.after_verb = "with", self._actor(), False
        elif word.tag == "not":
            clause.negated = True
        elif word.tag == "and":
            clause.joined = True
            if clause.after_verb:
                clause.relation, clause.after_verb = "", False  # "a man is laughing and a boy is crying"
        elif word.tag == "be":
            self._be()
        elif word.tag == "who":
            clause.relative = word.text
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
        if word.text in POSES and clause.last is not None and lexicon.is_kind(clause.last.key, "body"):
            clause.last.attributes.append(word.text)
            return
        from_verb = clause.after_verb or clause.last is None
        clause.suffered = self._suffered(word)
        clause.negated = word.text == "instead of" or (clause.negated and not clause.after_verb)
        clause.holder = self._holder(word, from_verb)
        watched = word.text == "at" and clause.after_verb and verbs.stem(clause.relation) == verbs.stem("look")
        relation = "looking at" if watched else word.text
        clause.relation, clause.after_verb, clause.predicate, clause.joined = relation, False, False, False

    def _holder(self, word: Word, from_verb: bool) -> Thing | None:
        """What a preposition hangs on: the thing named last; what is done or said hangs on who does it."""
        clause = self.clause
        if clause.predicate and not clause.relative and clause.about is not None:
            return clause.about
        alive = clause.about is not None and lexicon.is_kind(clause.about.key, "person", "animal")
        if word.text == "with" and alive and clause.last is not None and clause.last.is_setting:
            return clause.about
        filled = clause.last is not None and clause.last.relation == "of" and clause.last.anchor
        if word.text == "with" and filled and lexicon.is_place(filled.key):
            return filled  # "a field of wheat with a scarecrow"
        return self._actor() if from_verb else clause.last

    def _suffered(self, word: Word) -> Action | None:
        """ "a crane is operated by": what the thing suffers, its operator does."""
        about = self.clause.about
        if word.text != "by" or not self.clause.after_verb or about is None or not about.actions:
            return None
        done = about.actions[-1]
        return done if done.text.endswith(("ed", "en")) or verbs.is_participle(done.text) else None

    def _pronoun(self, text: str) -> None:
        """ "a couch with a cat on it": the cat lies on the couch; "on top of it ..." opens with the subject."""
        clause = self.clause
        several = self._several(clause.last) if text in ("them", "both") else None
        if clause.relation and clause.last is not None and several is not None:
            clause.last.stands = (clause.relation, several)
        elif clause.relation and clause.last is not None and clause.last.anchor is not None:
            scenery = clause.last.anchor.is_setting and clause.about not in (None, clause.last)
            place = clause.about if scenery and clause.about else clause.last.anchor
            clause.last.stands = (clause.relation, person(place) if text in ("him", "her") else place)
        elif clause.relation and clause.last is not None and self.subject not in (None, clause.last):
            clause.last.stands = (clause.relation, self.subject) if self.subject else None
        elif clause.relation and clause.last is None and self.subject is not None:
            clause.place = (clause.relation, self.subject)
        elif text in ("nothing", "nobody", "no one", "noone") and clause.after_verb and clause.holder is not None:
            clause.holder.actions = clause.holder.actions[:-1]  # "pushing nothing"
        elif clause.about is None and text in ("it", "he", "she", "they"):
            clause.about = self.about
        clause.relation = ""

    def _several(self, thing: Thing | None) -> Thing | None:
        """The last ones before ``thing`` of which there are several: "chairs by a window", "a man and a woman"."""
        before = [other for other in self.scene.things if other is not thing and not other.is_setting]
        several = (other for other in reversed(before) if other.joined or other.count not in (1, None))
        return next(several, None)

    def _verb(self, word: Word, following: str = "", later: str = "") -> None:
        clause = self.clause
        action = read_action(word, following, later)
        continues = clause.joined or (clause.predicate and not clause.relative)
        actor = clause.about if continues and clause.about else self._doer(action)
        if clause.front and not clause.joined:
            clause.place, clause.opening = clause.front, [action]
            return
        if actor is None and word.text.endswith("ing") and not clause.negated:
            self.early.append(action)
        stated = clause.last if is_body(clause.last) or _is_left(clause.last, word.text) else actor
        if stated is not None and following != "by" and is_state_of(stated, word.text):
            stated.attributes += [word.text] if lexicon.attribute_kinds(word.text) != {"nature"} else []
        elif not clause.negated:
            for doer in self._together(actor):
                doer.actions.append(action)
        clause.relation, clause.holder, clause.after_verb = word.text, actor, True
        clause.predicate, clause.joined, clause.relative = False, False, ""

    def _doer(self, action: Action) -> Thing | None:
        """ "a snowman that wears": the snowman, although people wear things."""
        actor = self._actor()
        if self.clause.relative == "that":
            return actor
        doer = hand(actor, action.stem)
        lifeless = doer is not None and not lexicon.is_kind(doer.key, "person", "animal", "toy")
        if lifeless and action.stem in verbs.stems("by people"):
            return next((other for other in self.scene.things if lexicon.is_kind(other.key, "person")), doer)
        return doer

    def _actor(self) -> Thing | None:
        """Who does what the verb says: the thing named last, or the one it is worn by, sits on or stands in."""
        actor = self.clause.last or self.subject
        while actor is not None and actor.anchor is not None and (takes_part(actor) or bears(actor)):
            actor = actor.anchor
        return self.subject if actor is None or actor.is_setting else actor

    def _together(self, actor: Thing | None) -> list[Thing]:
        """ "a man and a woman sitting": both sit; of "a man stands and a woman is sitting" one does."""
        if actor is None or actor not in self.scene.things:
            return [actor] if actor else []
        index = self.scene.things.index(actor)
        before = self.scene.things[index - 1] if index else actor
        both = actor.joined and not actor.relation and not before.relation and before.kind & actor.kind
        busy = any(action.text not in before.words for action in before.actions)
        return [before, actor] if both and not busy else [actor]


def _is_left(thing: Thing | None, verb: str) -> bool:
    """The doors of "a bus with its doors closed"."""
    state = verb.endswith("ed") and "state" in lexicon.attribute_kinds(verb)
    return (
        thing is not None and thing.relation == "with" and state and not lexicon.is_kind(thing.key, "person", "animal")
    )


def _sift(words: list[Word]) -> tuple[list[Word], list[str]]:
    """Words, and what cannot be one: "0.5", "xqzt"; junk must never become an edit."""
    junk = [word.text for word in words if word.tag == "noun" and not lexicon.is_word(word.text)]
    return [word for word in words if word.tag != "noun" or word.text not in junk], junk


def _is_mood_tag(words: list[Word]) -> bool:
    """One word alone that no list knows, and that can be no thing: "whimsical", "childish", "vacation"."""
    if len(words) != 1 or words[0].tag != "noun":
        return False
    return endings.sounds_like_adjective(words[0].text) or endings.sounds_abstract(words[0].text)


def _is_attribute_tag(words: list[Word]) -> bool:
    """Whether a clause only says how something is: "matte black"."""
    phrase = NounPhrase(nouns=[word.text for word in words if word.tag == "noun"])
    bare = all(word.tag in ("noun", "adverb", "and") for word in words)
    key, length = lexicon.concept(phrase.nouns) if phrase.nouns else ("", 0)
    named = lexicon.kinds(phrase.head) if phrase.nouns else frozenset()
    named |= lexicon.kinds(key) if length > 1 else frozenset()  # "ice cream"
    return bool(phrase.nouns) and bare and phrase.only_attributes and not named
