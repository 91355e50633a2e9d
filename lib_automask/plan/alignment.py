"""Which thing of the prompt is which thing of the caption.

Three witnesses: what the nouns mean, what part the things play in their scenes, and where they stand in the
difference of the two texts, word by word; where prompt and caption are near copies the last one is the surest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher

from lib_automask.plan import lexicon, predicates, vocabulary
from lib_automask.plan.scene import Alignment, Scene, Thing
from lib_automask.plan.scorer import pair_weights
from lib_automask.plan.tokens import is_closed
from lib_automask.plan.word_lists import list_names

SAME = {"same": 3.0, "broader": 2.2, "narrower": 1.9, "near": 1.2}
"""How much a relation of two nouns says that they are one thing; a guess, the order matters alone."""
LONGEST = 400
"""Words of a text that are compared one by one; more is no prompt any more."""
PLAIN = frozenset((
    "a", "an", "the", "is", "are", "and", "of", "with", "in", "on", "at", "to", "it", "its", ",", "there",
    "that", "by",
))  # fmt: skip
PEOPLE = frozenset(("person", "man", "woman", "boy", "girl", "child", "1girl", "1boy", "people"))


def align_scenes(caption: Scene, prompt: Scene) -> Alignment:
    """Pair the things of two scenes off."""
    found = Alignment()
    found.blocks = compare_words(caption.words[:LONGEST], prompt.words[:LONGEST])
    found.coverage = _share(caption.words, set(prompt.words))
    view = list_names("grammar", "view")
    found.novelty = 1 - _share((word for word in prompt.words if word not in view), set(caption.words))
    found.tags = sum(thing.tag for thing in prompt.things) / max(len(prompt.things), 1)
    old, new = list(caption.things), list(prompt.things)
    found.same = _pair(old, new, lambda one, other: _identity(one, other, found))
    found.same += _pair(old, new, lambda one, other: _role(one, other, caption, prompt))
    keys = {thing.key for thing in caption.things}
    new = [thing for thing in new if not any(named <= keys for named in vocabulary.named_together(thing.key))]
    found.gone, found.come = list(old), list(new)
    found.swapped = _pair(old, new, lambda one, other: _substitution(one, other, found, caption, prompt))
    found.gone, found.come = old, new
    return found


def compare_words(old: list[str], new: list[str]) -> tuple[list[int], list[int]]:
    """For each word of both texts the number of the difference it lies in, -1 where the texts agree."""
    blocks = ([-1] * len(old), [-1] * len(new))
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (code, start, end, first, last) in enumerate(codes):
        if code != "equal":
            blocks[0][start:end] = [number] * (end - start)
            blocks[1][first:last] = [number] * (last - first)
    return blocks


def _share(words: Iterable[str], others: set[str]) -> float:
    content = [word for word in words if word not in PLAIN]
    return sum(word in others for word in content) / len(content) if content else 1.0


def _pair(old: list[Thing], new: list[Thing], score: Callable[[Thing, Thing], float]) -> list[tuple[Thing, Thing]]:
    """The best pairs first; both lists lose what is paired."""
    scored = [(score(one, other), -i - j, one, other) for i, one in enumerate(old) for j, other in enumerate(new)]
    pairs = []
    for value, _, one, other in sorted(scored, key=lambda entry: entry[:2], reverse=True):
        if value > 0 and one in old and other in new:
            pairs.append((one, other))
            old.remove(one)
            new.remove(other)
    return pairs


def block_of(thing: Thing, blocks: list[int]) -> int:
    """The difference that a thing's head lies in; -1 where its word is in both texts, -2 beyond what is compared."""
    return blocks[thing.span[1]] if thing.span[1] < len(blocks) else -2


def in_same_place(old: Thing, new: Thing, found: Alignment) -> bool:
    """Whether both heads stand in the same difference of the texts."""
    block = block_of(old, found.blocks[0])
    return block >= 0 and block == block_of(new, found.blocks[1])


def _identity(old: Thing, new: Thing, found: Alignment) -> float:
    """How surely two nouns name one thing; 0 where they do not."""
    relation = vocabulary.relate_nouns(old.key, new.key)
    if relation not in SAME:
        return 0.0
    if relation == "near" and in_same_place(old, new, found) and old.article:
        return 0.0
    value = SAME[relation]
    if old.owner and new.owner and vocabulary.relate_nouns(old.owner.key, new.owner.key) not in SAME:
        value -= 2.0
    shared = sum(any(predicates.agree_attributes(one, other) for one in old.attributes) for other in new.attributes)
    against = sum(any(predicates.exclude_attributes(one, other) for one in old.attributes) for other in new.attributes)
    value += 0.6 * shared - 0.5 * against
    value += 0.5 * _plays_alike(old, new) + 1.5 * bool(old.side and old.side == new.side)
    value -= 1.0 * bool(old.side and new.side and old.side != new.side)
    if old.attributes and not new.attributes:
        value -= 0.05
    return max(value, 0.1)


def _plays_alike(old: Thing, new: Thing) -> float:
    """How alike two things hang in their scenes, from -1 to 1."""
    first = old.owner or old.anchor
    second = new.owner or new.anchor
    if first is None or second is None:
        return 0.3 * (old.relation == new.relation == "")
    alike = vocabulary.relate_nouns(first.key, second.key) in SAME
    same = old.relation == new.relation or predicates.verb_key(old.relation) == predicates.verb_key(new.relation)
    beside = same and is_closed(old.relation) and old.relation not in ("with", "in", "of")
    return (0.6 if alike else 0.0 if beside else -0.8) + 0.4 * same


def _role(old: Thing, new: Thing, caption: Scene, prompt: Scene) -> float:
    """ "a man surfing on a wave" is a surfer."""
    if new.key in PEOPLE and old.key not in PEOPLE:
        old, new, caption = new, old, prompt
    signs = vocabulary.signs_of_role(new.key)
    if not signs or old.key not in PEOPLE:
        return 0.0
    named = {old.key} | {action.key for action in old.actions}
    named |= {
        thing.key for thing in caption.things if old in thing.holders() or (old.stands and old.stands[1] is thing)
    }
    return 1.0 * bool(signs & (named | {predicates.verb_key(sign) for sign in signs} & named))


def _substitution(old: Thing, new: Thing, found: Alignment, caption: Scene, prompt: Scene) -> float:
    """How likely the new thing takes the place of the old one; above 0 where it does."""
    if vocabulary.is_abstract(new.key) != vocabulary.is_abstract(old.key) and not (old.is_setting or new.is_setting):
        return 0.0
    if old.is_setting and (vocabulary.in_list(new.key, "everybody has") or new.kinds == {"body"}):
        return 0.0
    moved = old.is_setting and new.is_setting and bool(new.relation) and in_same_place(old, new, found)
    if not moved and _play_apart(old, new):
        return 0.0
    features = describe_pair(old, new, found, caption, prompt)
    weights = pair_weights()
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def describe_pair(old: Thing, new: Thing, found: Alignment, caption: Scene, prompt: Scene) -> dict[str, float]:
    """What speaks for and against the new thing in place of the old one."""
    place = _crowding(old, new, found, caption, prompt)
    subjects = caption.subject is old and prompt.subject is new
    body = vocabulary.is_of_kind(new.key, "body") != vocabulary.is_of_kind(old.key, "body")
    both = old.is_ground and (new.is_setting or (new.is_ground and old.is_setting))
    settings = 2 if both else int(old.is_setting or new.is_setting)
    alive = old.is_alive != new.is_alive and bool(old.kinds and new.kinds)
    seen = vocabulary.is_abstract(old.key) or vocabulary.is_abstract(new.key) or bool(new.region)
    left_old = sum(block_of(thing, found.blocks[0]) >= 0 for thing in caption.things)
    left_new = sum(block_of(thing, found.blocks[1]) >= 0 for thing in prompt.things)
    return {
        "bias": 1.0,
        "place": place,
        "other role": float(role_class(old) != role_class(new) and not both),
        "unseen": float(seen and not both),
        "similarity": max(0.0, lexicon.noun_similarity(old.key, new.key) - 0.6) * 2.5,
        "real setting": float(both and old.is_setting and new.is_setting),
        "both worn": float("clothing" in old.kinds and "clothing" in new.kinds),
        "role": max(0.0, _hangs_alike(old, new, found)),
        "both subjects": float(subjects),
        "kind": float(vocabulary.relate_nouns(old.key, new.key) in ("sibling", "near")),
        "both settings": float(settings == 2),
        "one setting": float(settings == 1),
        "alive against lifeless": float(alive and place < 0.5),
        "body": float(body),
        "one left each": float(left_old == left_new == 1),
        "written side by side": float(new.joined and not place),
        "tag": float(new.tag),
        **_describe_company(old, new, found),
        "last of kind": float(_is_last_of_kind(old, new, found)),
    }


def _describe_company(old: Thing, new: Thing, found: Alignment) -> dict[str, float]:
    """What else is left over, and whether both play the same part."""
    classes = (role_class(old), role_class(new))
    gone = sum(not thing.is_setting for thing in found.gone)
    come = sum(not thing.is_setting for thing in found.come)
    return {
        "only one gone": float(gone == 1),
        "only one come": float(come == 1),
        "both objects": float(classes == ("object", "object")),
        "both had": float(classes == ("had", "had")),
        "both on top": float(classes == ("top", "top")),
        "same deed": float(classes == ("object", "object") and _hangs_alike(old, new, found) > 0.9),
        "same having": float(classes == ("had", "had") and _hangs_alike(old, new, found) > 0.9),
        "both contents": float(classes == ("of", "of")),
        "retold": max(0.0, 1.0 - found.novelty),
    }


def _is_last_of_kind(old: Thing, new: Thing, found: Alignment) -> bool:
    """Whether of the things left over these are the only ones of a kind."""
    shared = old.kinds & new.kinds
    rest = [found.gone, found.come]
    return bool(shared) and all(sum(bool(shared & thing.kinds) for thing in things) == 1 for things in rest)


def _crowding(old: Thing, new: Thing, found: Alignment, caption: Scene, prompt: Scene) -> float:
    """1 where both heads stand alone in one difference of the texts, less where others stand there too."""
    if not in_same_place(old, new, found):
        return 0.0
    block = block_of(old, found.blocks[0])
    heads = [
        sum(block_of(thing, blocks) == block for thing in scene.things)
        for scene, blocks in ((caption, found.blocks[0]), (prompt, found.blocks[1]))
    ]
    return {1: 1.0, 2: 0.9, 3: 0.4}.get(max(heads), 0.0)


def _play_apart(old: Thing, new: Thing) -> bool:
    """Where something stands is not what it wears, holds or eats, unless both are of a kind."""
    classes = {role_class(old), role_class(new)}
    if "weather" in new.kinds and "place" not in new.kinds and not vocabulary.is_of_kind(old.key, "weather"):
        return True
    return "place" in classes and len(classes) == 2 and not new.is_setting and not old.kinds & new.kinds


def role_class(thing: Thing) -> str:
    """What part a thing plays: at the top, a place, worn or had, or what a deed is done to."""
    if not thing.relation:
        return "top"
    if thing.relation in ("with", "wearing", "holding", "carrying", "having") or (
        "clothing" in thing.kinds and thing.relation == "in"
    ):
        return "had"
    if thing.relation == "of":
        return "of"
    return "place" if is_closed(thing.relation) else "object"


def _hangs_alike(old: Thing, new: Thing, found: Alignment) -> float:
    """1 where both hang on the same thing by the same relation, less where only one agrees."""
    first, second = old.owner or old.anchor, new.owner or new.anchor
    if first is None or second is None:
        return 0.0
    partner = found.new_of(first)
    holders = partner is second or (partner is None and vocabulary.relate_nouns(first.key, second.key) in SAME)
    same = old.relation == new.relation or predicates.verb_key(old.relation) == predicates.verb_key(new.relation)
    clothes = "clothing" in old.kinds and "clothing" in new.kinds
    return 0.4 * holders + 0.6 * (same or clothes) if holders else 0.2 * same
