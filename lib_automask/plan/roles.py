"""Who is who: "a man baking bread" and "a baker", by the roles of ``words/people.txt`` or the verb in the noun."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from lib_automask.plan import lexicon, verbs, wordlists
from lib_automask.plan.scene import Thing

SEXES = (frozenset(("man", "boy")), frozenset(("woman", "girl")))


def plays(person: Thing, role: Thing, things: Iterable[Thing]) -> bool:
    """Whether anybody ("a man") does or has, among the things of their own text, what the role is named after."""
    anybody = wordlists.names("common", "anybody")
    if person.key not in anybody or role.key in anybody or _is_other_sex(person.key, role.key):
        return False
    wanted = used_by(role.key) | done_by(role.key)
    return any(_shows(thing, role.key, wanted) for thing in things)


def _shows(thing: Thing, role: str, wanted: frozenset[str]) -> bool:
    """ "holding bread", "baking", "in a baker hat"."""
    done = {action.stem for action in thing.actions}
    return thing.key in wanted or role in thing.words[:-1] or not done.isdisjoint(wanted)


@cache
def used_by(role: str) -> frozenset[str]:
    """The things that somebody of that role has without saying: a baker has bread."""
    return frozenset(lexicon.concept(sign.split())[0] for sign in lexicon.signs(role))


@cache
def done_by(role: str) -> frozenset[str]:
    """The stems of what somebody of that role does without saying: a baker bakes, a flower seller sells."""
    named_after = verbs.agent_stem(role.split()[-1])
    return frozenset((*map(verbs.stem, lexicon.signs(role)), *filter(None, [named_after])))


def _is_other_sex(person: str, role: str) -> bool:
    """ "a man" is no waitress."""
    sections = lexicon.kinds(role)
    return any(person in sex and not sections.isdisjoint(other) for sex, other in (SEXES, SEXES[::-1]))
