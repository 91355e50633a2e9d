"""Tagged words → a ``Scene``: noun phrases with head and attributes, how they hang together, what they do.

One pass from left to right. A preposition or a verb with an object waits in ``relation`` until its noun phrase comes;
``last`` is the thing named last, ``subject`` the one that the clause is about.
"""

from __future__ import annotations

import re
from functools import cache

from lib_automask.plan import lexicon
from lib_automask.plan.scene import Action, Scene, Thing
from lib_automask.plan.tagging import Word, tag_words

PASSIVE = ("clothing", "furniture", "place", "body", "hair", "food", "weather", "container", "building", "plant")
EXPRESSIONS = ("expression", "look", "expressions", "gaze")
OWNED = Word("ownedby", "owner")
MADE_OF = ("made of", "made from", "made out of")
POSITIONS = {"left": "left", "right": "right", "left side": "left", "right side": "right", "left hand side": "left",
             "right hand side": "right", "leftmost": "left", "rightmost": "right"}  # fmt: skip


def read_scene(clauses: list[str]) -> Scene:
    """The scene that the clauses, in lower case and without prompt syntax, describe."""
    reader = _Reader()
    for clause in clauses:
        reader.read_clause(rewrite_idioms(clause))
    return reader.scene


def rewrite_idioms(clause: str) -> str:
    """Turns of phrase brought to plain words: "takes a break" → "resting"."""
    return re.sub(r"\s+", " ", _idioms().sub(lambda match: lexicon.mapping("idioms", "rewrite")[match[0]], clause)).strip()


@cache
def _idioms() -> re.Pattern[str]:
    longest_first = sorted(lexicon.mapping("idioms", "rewrite"), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


class _Reader:
    def __init__(self) -> None:
        self.scene = Scene()
        self.subject: Thing | None = None
        self.last: Thing | None = None
        self._start_clause()

    def _start_clause(self) -> None:
        self.relation = ""
        self.holder: Thing | None = None
        self.negated = self.joined = self.predicate = self.after_verb = self.relative = False
        self.collective = self.vessel = ""
        self.inverted = self.named = False
        self.opening: list[Action] = []
        self.waiting: tuple[str, Thing] | None = None
        self.passive: Action | None = None
        self.owner: Thing | None = None
        self.about: Thing | None = None

    def read_clause(self, clause: str) -> None:
        self._start_clause()
        words = tag_words(clause)
        if _describes_only(words):
            self._describe([word.text for word in words if word.tag == "noun"])
            return
        before = len(self.scene.things)
        index = 0
        while index < len(words):
            index = self._step(words, index)
        added = self.scene.things[before:]
        for thing in added[:1]:
            thing.tag = not thing.relation
        if added and not added[0].relation and not added[0].is_setting and self.subject not in added:
            self.subject = self.subject or added[0]

    def _step(self, words: list[Word], index: int) -> int:
        """Take in one word or one noun phrase; the index of what comes next."""
        word = words[index]
        if word.tag in ("article", "owner", "number", "noun"):
            return self._noun_phrase(words, index)
        if word.tag == "verb":
            self._verb(word)
        elif word.tag == "at":
            self._preposition(word)
        elif word.tag == "have":
            self.relation, self.holder, self.after_verb = "with", self._actor(), False
        elif word.tag == "not":
            self.negated = True
        elif word.tag == "and":
            self.joined = True
        elif word.tag == "be":
            self.inverted = self.inverted or self._is_inverted() and self.relation == ""
            self.predicate = True
        elif word.tag == "who":
            self.relative = True
        elif word.tag == "pronoun":
            self._pronoun()
        return index + 1

    def _preposition(self, word: Word) -> None:
        if word.text == "of" and self.collective:
            return
        self.holder = self._actor() if self.after_verb or not self.named else self.last
        self.negated = self.negated or word.text == "instead of"
        self.passive = self._passive(word)
        self.relation, self.after_verb, self.predicate = word.text, False, False
        self.joined = False

    def _passive(self, word: Word) -> Action | None:
        """ "a crane is operated by": what the thing suffers, its operator does."""
        about = self.about
        if word.text != "by" or not self.after_verb or about is None or not about.actions:
            return None
        return about.actions[-1] if about.actions[-1].text.endswith(("ed", "en")) else None

    def _pronoun(self) -> None:
        """ "a couch with a cat on it": the cat lies on the couch."""
        if self.relation and self.named and self.last is not None and self.last.anchor is not None:
            self.last.stands = (self.relation, self.last.anchor)
        elif self.relation and not self.named and self.subject is not None:
            self.waiting = (self.relation, self.subject)
        self.relation = ""

    def _verb(self, word: Word) -> None:
        action = Action(lexicon.stem(word.text), word.text)
        actor = self._actor()
        if self._is_inverted():
            self.inverted, self.opening = True, [action]
            return
        if actor is None:
            self.scene.loose.append(action)
        for doer in self._together(actor):
            doer.actions.append(action)
        self.relation, self.holder, self.after_verb, self.predicate = word.text, actor, True, False

    def _actor(self) -> Thing | None:
        """Who does what the verb says: the thing named last, or the one it is worn by, sits on or stands in."""
        actor = self.last if self.named else self.subject
        while actor is not None and actor.anchor is not None and (_is_passive(actor) or actor.relation == "of"):
            actor = actor.anchor
        if actor is not None and actor.is_setting:
            return self.subject
        return actor or self.subject

    def _is_inverted(self) -> bool:
        """ "in front of the barn stands a truck": a place opened the clause and nothing else has been named."""
        last = self.last
        return self.named and last is not None and last.anchor is None and last.relation != ""

    def _together(self, actor: Thing | None) -> list[Thing]:
        """ "a man and a woman sitting": both sit."""
        if actor is None:
            return []
        before = self.scene.things[: self.scene.things.index(actor)]
        pair = actor.joined and not actor.relation and before and not before[-1].relation and not before[-1].kind.isdisjoint(actor.kind)
        return [before[-1], actor] if pair else [actor]

    def _noun_phrase(self, words: list[Word], index: int) -> int:
        phrase = _Phrase()
        while index < len(words) and phrase.take(words[index]):
            index += 1
        if not phrase.nouns:
            return index + (words[index : index + 1] == [OWNED])
        follows_own = index < len(words) and words[index] == OWNED
        follows_of = index < len(words) and words[index].text == "of"
        if follows_of and self._takes_of(phrase):
            return index + 1
        self._place(phrase)
        if follows_own:
            self.owner = self.scene.things.pop() if not self.negated else None
            self.owner = self._known(self.owner) if self.owner else None
            self.last = self.owner
            return index + 1
        return index

    def _takes_of(self, phrase: _Phrase) -> bool:
        """ "a group of", "the front of": says something of the noun to come, and is no thing itself."""
        head = lexicon.singular(phrase.nouns[-1])
        if head in lexicon.names("grammar", "collective") or phrase.nouns[-1] in lexicon.names("grammar", "collective"):
            self.collective = head
            self.scene.hinted.add(head)
            return True
        if lexicon.is_kind(head, "container"):
            self.vessel, self.vessel_phrase = " ".join(phrase.nouns), phrase
            return True
        return head in lexicon.names("grammar", "view")

    def _place(self, phrase: _Phrase) -> None:
        """Make a thing of a noun phrase and hang it where it belongs."""
        text = " ".join(phrase.nouns)
        if text in POSITIONS and self.last is not None:
            self.last.place = POSITIONS[text]
            self.relation = ""
            return
        if phrase.nouns[-1] in EXPRESSIONS and self.holder is not None:
            self.holder.attributes += phrase.nouns[:-1]
            self.relation = ""
            return
        if (self.predicate or self.after_verb) and not phrase.article and _says_how(phrase.nouns):
            self._describe(phrase.nouns)
            return
        if self._is_made_of(phrase) and self.holder is not None:
            self.holder.attributes += [word for word in phrase.nouns if word not in self.holder.attributes]
            self.relation = ""
            return
        if _is_filler(phrase.nouns):
            self.scene.hinted |= set(map(lexicon.singular, phrase.nouns[:-1]))
            self.relation = ""
            return
        thing = phrase.thing(self.collective)
        thing.vessel = self.vessel
        if self.vessel:
            held = self.vessel_phrase.thing("")
            thing.article, thing.count, thing.number = held.article, held.count, held.number
        self.collective = self.vessel = ""
        self._hang(thing)

    def _is_made_of(self, phrase: _Phrase) -> bool:
        """ "made of gravel", "a door of glass"."""
        bare = not phrase.article and not self.vessel and len(phrase.nouns) == 1
        material = "material" in lexicon.attribute_kinds(phrase.nouns[-1])
        return self.relation in MADE_OF or (self.relation == "of" and bare and material)

    def _hang(self, thing: Thing) -> None:
        if self.negated:
            self.scene.absent.append(thing)
            self.negated = False
            self.relation = ""
            return
        thing.owner, self.owner = self.owner, None
        if self.waiting is not None:
            thing.stands, self.waiting = self.waiting, None
        if self.inverted and self.last is not None and self.last.anchor is None:
            thing.stands, thing.actions = (self.last.relation, self.last), [*thing.actions, *self.opening]
            self.inverted = False
        elif self.passive is not None and self.about is not None:
            self.about.actions = [action for action in self.about.actions if action is not self.passive]
            self.about.relation, self.about.anchor = self.passive.text, thing
            thing.actions.append(self.passive)
            self.passive = None
        elif self.relation:
            thing.relation, thing.anchor = self.relation, self.holder
        elif self.named and self.joined and self.last is not None and _shares_relation(self.last, thing):
            thing.relation, thing.anchor = self.last.relation, self.last.anchor
        thing.joined = self.joined
        known = self._known(thing)
        if known is thing:
            self.scene.things += [thing, *_parts(thing)]
        if self.relation and self.holder is not None and self.holder is not known and self.holder.stands is None:
            self.holder.stands = (self.relation, known)
        if thing.relation == "of" and thing.anchor is not None and thing.anchor is not known:
            _belongs(thing.anchor, known)
        if self.subject is None and not known.relation and not known.is_setting:
            self.subject = known
        if self.about is None or not (self.relation or thing.owner):
            self.about = known
        self.last, self.relation, self.joined, self.predicate, self.after_verb = known, "", False, False, False
        self.named = True

    def _known(self, thing: Thing) -> Thing:
        """The thing that "the ..." mentions again, or the new one itself."""
        if thing.article not in ("the", "that", "this", "same") and not thing.tag:
            return thing
        for other in reversed(self.scene.things):
            if other.key == thing.key and not _contradict(other.attributes, thing.attributes):
                other.attributes += [word for word in thing.attributes if word not in other.attributes]
                return other
        return thing

    def _describe(self, attributes: list[str]) -> None:
        """ "is green", or a tag "matte black" after its thing."""
        target = self._described()
        if target is None:
            self.scene.residue += attributes
            return
        target.attributes += [word for word in _attribute_words(attributes) if word not in target.attributes]
        if self.after_verb and target.actions and target.actions[-1].text.endswith("ed"):
            target.actions.pop()  # "painted orange" says the colour, nothing is being done
        self.predicate = False


    def _described(self) -> Thing | None:
        """Whom "is green" speaks of: what the clause is about; a bare tag speaks of the whole prompt's subject."""
        if not (self.predicate or self.after_verb):
            return self.last if self.last is self.subject else self.subject or self.last
        return self.last if self.relative or self.about is None else self.about


class _Phrase:
    """The noun phrase being gathered: article, number and content words."""

    def __init__(self) -> None:
        self.article = ""
        self.number = ""
        self.nouns: list[str] = []
        self.actions: list[Action] = []

    def take(self, word: Word) -> bool:
        """Add a word; False when it does not belong to the phrase any more."""
        if word == OWNED:
            return False
        if word.tag == "noun":
            self.nouns.append(word.text)
        elif self.nouns or word.tag not in ("article", "owner", "number"):
            return False
        elif word.tag == "number":
            self.number = word.text
        else:
            self.article = word.text
        return True

    def thing(self, collective: str) -> Thing:
        key, length = lexicon.concept(self.nouns)
        modifiers = _attribute_words(self.nouns[:-length])
        actions = [Action(lexicon.stem(word), word) for word in modifiers if word.endswith("ing")]
        return Thing(
            words=tuple(self.nouns),
            key=key,
            noun=" ".join(self.nouns[-length:]),
            attributes=[word for word in modifiers if not word.endswith("ing") or lexicon.kinds(word)],
            count=self._count(collective),
            number=self.number.removesuffix(" of"),
            article=self.article,
            actions=actions,
        )

    def _count(self, collective: str) -> int | None:
        number = lexicon.mapping("grammar", "number").get(self.number, self.number)
        if number:
            return -1 if number == "many" else int(number)
        if collective and collective not in ("pair", "set", "kind", "type", "piece"):
            return -1
        if lexicon.is_plural(self.nouns[-1]):
            return -1
        return 1 if self.article in ("a", "an", "one", "another") else None


def _belongs(part: Thing, whole: Thing) -> None:
    """ "the roof of the house": the roof is the house's; "on the floor of a bedroom" is in the bedroom."""
    if lexicon.is_place(whole.key) and lexicon.is_kind(part.key, "fixture", "place") and part.relation:
        whole.relation, whole.anchor = part.relation, part.anchor
    elif part.owner is None:
        part.owner = whole


def _parts(thing: Thing) -> list[Thing]:
    """ "a gray-haired man" has gray hair."""
    found = []
    for attribute in list(thing.attributes):
        if (part := lexicon.part_of(attribute)) is not None:
            thing.attributes.remove(attribute)
            key = lexicon.concept([part[1]])[0]
            found.append(Thing(words=part, key=key, noun=part[1], attributes=[part[0]], relation="with", anchor=thing))
    return found


def _attribute_words(words: list[str]) -> list[str]:
    """Two words that are one attribute joined: ["matte", "black"] → ["matte black"]."""
    found: list[str] = []
    for word in words:
        if found and lexicon.is_attribute(f"{found[-1]} {word}"):
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
    return found


def _is_filler(nouns: list[str]) -> bool:
    """A word for the picture or a part of it, or one that only counts: no thing of its own."""
    if nouns[-1] in ("background", "backdrop") and len(nouns) > 1:
        return False
    forms = {nouns[-1], lexicon.singular(nouns[-1])}
    listed = bool(lexicon.kinds(lexicon.concept(nouns)[0]))
    counts = frozenset() if listed else lexicon.names("grammar", "collective")
    return not forms.isdisjoint(lexicon.names("grammar", "view") | counts)


def _says_how(nouns: list[str]) -> bool:
    """Attributes alone, and no thing by that name: "ice cream" is one, and so is "chocolate"; orange is a colour first."""
    key, length = lexicon.concept(nouns)
    is_thing = bool(lexicon.kinds(key)) and (length > 1 or "colour" not in lexicon.attribute_kinds(nouns[-1]))
    return _only_attributes(nouns) and not is_thing


def _only_attributes(words: list[str]) -> bool:
    return all(lexicon.is_attribute(word) for word in _attribute_words(words))


def _describes_only(words: list[Word]) -> bool:
    nouns = [word.text for word in words if word.tag == "noun"]
    bare = all(word.tag in ("noun", "adverb", "and") for word in words)
    return bool(nouns) and bare and _only_attributes(nouns) and not lexicon.kinds(lexicon.singular(nouns[-1]))


def _contradict(one: list[str], other: list[str]) -> bool:
    """Whether two lists of attributes cannot be said of one thing."""
    for first in one:
        for second in other:
            shared = (lexicon.attribute_kinds(first) & lexicon.attribute_kinds(second)) - {"nature"}
            if shared and not lexicon.same_attribute(first, second):
                return True
    return False


def _shares_relation(first: Thing, second: Thing) -> bool:
    """ "a hat and a scarf" are both worn, "in a jacket and a woman" are not both put on."""
    if first.relation in ("", "of") or first.is_setting:
        return False
    return lexicon.is_kind(first.key, "person", "animal") == lexicon.is_kind(second.key, "person", "animal")


def _is_passive(thing: Thing) -> bool:
    return lexicon.is_kind(thing.key, *PASSIVE) or thing.is_setting
