"""Where the reading of one clause stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from lib_automask.plan.noun_phrase import NounPhrase
from lib_automask.plan.scene import Action, Thing


@dataclass
class Clause:
    """Where the reading of one clause stands.

    Args:
        about: what it is about: its first noun phrase, or a later one that hangs on nothing.
        last: the thing that it named last.
        relation: the preposition or verb that waits for its noun phrase; ``holder`` is what it hangs on.
        after_verb: the relation is a verb.
        predicate: a form of "be" has come; attributes then speak of ``about``.
        relative: the "that" or "who" that has come; attributes then speak of ``last``.
        joined: "and" has come.
        negated: "no" or "without" has come.
        collective: the "group" of "a group of".
        vessel: the "cup" of "a cup of".
        owner: the man of "the man's".
        front: the place that opened it, while nothing else has been named: "in front of the barn ...".
        place: where the next thing stands, as said before it: "in front of the barn stands ...".
        opening: what it does there.
        suffered: what is done to ``about`` by the thing to come.
    """

    about: Thing | None = None
    last: Thing | None = None
    relation: str = ""
    holder: Thing | None = None
    after_verb: bool = False
    predicate: bool = False
    relative: str = ""
    joined: bool = False
    negated: bool = False
    collective: str = ""
    vessel: NounPhrase | None = None
    owner: Thing | None = None
    front: tuple[str, Thing] | None = None
    place: tuple[str, Thing] | None = None
    opening: list[Action] = field(default_factory=list)
    suffered: Action | None = None
