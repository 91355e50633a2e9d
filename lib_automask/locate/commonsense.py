"""What is usual for things of a kind: how large they are, where they are worn, where in a picture they are.

Read from the word lists of the plan; a thing that is not listed takes what is listed for its kind.
"""

from __future__ import annotations

from lib_automask.plan import vocabulary, word_lists

FIGURES = ("person", "animal")


def typical_size(phrase: str) -> float | None:
    """The longer side in metres, roughly; None for what is not listed."""
    size = _listed("size", phrase)
    return float(size) if size else None


def typical_aspect(phrase: str) -> float:
    """Width over height; 1 for what is not listed."""
    return float(_listed("shape", phrase) or 1)


def worn_at(phrase: str) -> str | None:
    """The band of a figure where something is worn: "red hat" → "crown"; None for what nobody wears."""
    return _listed("worn", phrase)


def body_part_band(phrase: str) -> str | None:
    """The band of a figure that a part of the body names: "her feet" → "feet"; None for other things."""
    return _listed("part", phrase)


def typical_region(phrase: str) -> str | None:
    """Where in the picture (``geometry.REGIONS``) something usually is: "birds" → "sky"; None if not listed."""
    if concept_of(phrase) in word_lists.list_names("usual", "ground bird"):
        return None
    return _listed("home", phrase)


def is_figure(phrase: str) -> bool:
    """Whether it has a head to put a hat on: a person or an animal."""
    return vocabulary.is_of_kind(concept_of(phrase), *FIGURES)


def is_several(phrase: str) -> bool:
    """Whether the phrase is a plural: "birds", but not "glasses"."""
    words = phrase.lower().split()
    return bool(words) and vocabulary.singular_of(words[-1]) != words[-1]


def concept_of(phrase: str) -> str:
    """The concept that a phrase names: "a small bird" → "bird", "a vase of flowers" → "vase"."""
    holder, _, content = phrase.lower().partition(" of ")
    name = vocabulary.find_concept(holder.split() or [""])[0]
    if content and not vocabulary.is_of_kind(name, "container"):
        name = vocabulary.find_concept(content.split() or [""])[0]
    return name


def _listed(section: str, phrase: str) -> str | None:
    """The entry of the concept itself, else of the smallest kind that has one."""
    table = word_lists.map_entries("usual", section)
    name = concept_of(phrase)
    head = name.split(" ")[-1]
    if name in table or head in table:
        return table.get(name) or table[head]
    # In a fixed order, or the mask would depend on the process. A kind that stands below another says more: a fish
    # is an animal, and a fish first.
    kinds = sorted(kind for kind in vocabulary.kinds_of(name) if kind in table)
    kinds.sort(key=lambda kind: kind not in word_lists.list_parents("things"))
    return table[kinds[0]] if kinds else None
