"""Noun phrases that say something of a thing which is there already: its side, its colour, its expression."""

from __future__ import annotations

from dataclasses import replace

from lib_automask.plan import lexicon, verbs
from lib_automask.plan.clause import Clause
from lib_automask.plan.hanging import DEFINITE, body_parts, split_up
from lib_automask.plan.noun_phrase import NounPhrase, joined_attributes
from lib_automask.plan.saying import described_by, is_used
from lib_automask.plan.scene import Action, Scene, Thing
from lib_automask.referring_expressions import named_region

EXPRESSIONS = ("expression", "expressions", "look", "gaze")
SIDES = {"left": "left", "right": "right", "left side": "left", "right side": "right", "left hand side": "left",
         "right hand side": "right", "leftmost": "left", "rightmost": "right"}  # fmt: skip


class Describer:
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

    def _put_aside(self, thing: Thing, side: str) -> None:
        """ "the dog on the right", after one on the left, is another dog."""
        if thing.place not in ("", side):
            thing = replace(thing, attributes=[], actions=[])
            self.scene.things.append(thing)
            self.clause.about = self.clause.last = self.last = thing
        thing.place = side

    def says_something(self, phrase: NounPhrase) -> bool:
        """Takes in a side, an expression, a predicate, a material or a word for the picture; False for a new thing."""
        clause = self.clause
        side = SIDES.get(" ".join(phrase.nouns))
        where = f"{clause.relation} the {' '.join(phrase.nouns)}"
        if self.last is not None and (side or phrase.is_filler) and named_region(where):
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
