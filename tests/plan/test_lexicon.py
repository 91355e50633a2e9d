"""The lexicon: base forms, kinds, and what words have to do with one another."""

from __future__ import annotations

import pytest

from lib_automask.plan import lexicon


@pytest.mark.parametrize(
    ("form", "pos", "lemma"),
    [
        ("geese", "n", "goose"), ("women", "n", "woman"), ("leaves", "n", "leaf"), ("glass", "n", "glass"),
        ("bus", "n", "bus"), ("boxes", "n", "box"), ("puppies", "n", "puppy"), ("sheep", "n", "sheep"),
        ("polar bears", "n", "polar bear"), ("drones", "n", "drone"), ("riding", "v", "ride"), ("sat", "v", "sit"),
        ("lying", "v", "lie"), ("running", "v", "run"), ("worn", "v", "wear"), ("carries", "v", "carry"),
        ("taller", "a", "tall"), ("happiest", "a", "happy"), ("qwxyz", "n", "qwxyz"), ("qwxyz", "v", "qwxyz"),
    ],
)  # fmt: skip
def test_base_forms(form: str, pos: str, lemma: str) -> None:
    assert lexicon.lemma_of(form, pos) == lemma


@pytest.mark.parametrize(
    ("noun", "kinds"),
    [
        ("owl", {"animal", "bird"}), ("bat", {"animal", "tool"}), ("crane", {"animal", "bird"}),
        ("chicken", {"animal", "bird", "food"}), ("astronaut", {"person"}), ("corgis", {"animal"}),
        ("kitchen", {"place", "room"}), ("beach", {"place", "terrain"}), ("lake", {"place", "water"}),
        ("pizza", {"food"}), ("wine", {"food", "drink"}), ("sports car", {"vehicle"}), ("sailboat", {"vehicle"}),
        ("hoodie", {"clothing"}), ("necklace", {"accessory"}), ("couch", {"furniture"}), ("church", {"building"}),
        ("beard", {"hair", "body_part"}), ("vase", {"container", "furniture"}), ("violin", {"instrument"}),
        ("katana", {"weapon"}), ("laptop", {"device"}), ("teddy bear", {"toy"}), ("fog", {"weather"}),
        ("moon", {"celestial"}), ("dusk", {"time"}), ("marble", {"material"}), ("turquoise", {"colour"}),
        ("watercolor", {"art"}), ("oil painting", {"art"}), ("rose", {"plant"}), ("smoke", {"effect"}),
        ("unicorn", {"animal"}), ("wizard", {"person"}), ("paris", {"place"}), ("garden gnome", {"person"}),
    ],
)  # fmt: skip
def test_kinds_of_nouns(noun: str, kinds: set[str]) -> None:
    assert kinds <= lexicon.noun_kinds(noun)


def test_kinds_leave_out_what_a_picture_seldom_means() -> None:
    assert "person" not in lexicon.noun_kinds("fox")
    assert "abstract" not in lexicon.noun_kinds("table")
    assert lexicon.noun_kinds("freedom") == {"abstract"}
    assert lexicon.noun_kinds("qwxyz") == frozenset()


@pytest.mark.parametrize(
    ("general", "special"),
    [
        ("bird", "owl"), ("food", "sushi"), ("flowers", "tulips"), ("animal", "cat"), ("dog", "corgi"),
        ("person", "nurse"), ("vehicle", "truck"), ("fruit", "apples"), ("tree", "oak"), ("building", "church"),
    ],
)  # fmt: skip
def test_what_belongs_to_what(general: str, special: str) -> None:
    assert lexicon.is_hypernym(general, special)
    assert not lexicon.is_hypernym(special, general)
    assert not lexicon.is_hypernym(general, general)


def test_synonyms() -> None:
    for one, other in (
        ("car", "automobile"),
        ("sofa", "couch"),
        ("grey", "gray"),
        ("mom", "mother"),
        ("bikes", "bike"),
    ):
        assert lexicon.are_synonyms(one, other)
        assert lexicon.are_synonyms(other, one)
    for one, other in (("cat", "tiger"), ("bird", "owl"), ("cat", "kitten"), ("red", "blue"), ("wolf", "dog")):
        assert not lexicon.are_synonyms(one, other)


def test_similarity_is_greater_for_what_is_alike() -> None:
    assert lexicon.noun_similarity("car", "automobile") == 1
    assert lexicon.noun_similarity("dog", "wolf") > lexicon.noun_similarity("dog", "bird")
    assert lexicon.noun_similarity("dog", "bird") > lexicon.noun_similarity("dog", "table")
    assert lexicon.noun_similarity("dog", "wolf") == lexicon.noun_similarity("wolf", "dog") < 1
    assert lexicon.noun_similarity("dog", "qwxyz") == 0


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("red", {"colour"}), ("golden", {"colour", "material"}), ("wooden", {"material"}), ("oak", {"material"}),
        ("tiny", {"size"}), ("ancient", {"age"}), ("circular", {"shape"}), ("sliced", {"state"}),
        ("melted", {"state"}), ("striped", {"pattern"}), ("furious", {"emotion"}), ("foggy", {"weather"}),
        ("dim", {"light"}),
        ("gorgeous", {"quality"}), ("many", {"number"}), ("spicy", {"taste"}), ("fluffy", {"texture"}),
        ("table", set()), ("qwxyz", set()),
    ],
)  # fmt: skip
def test_kinds_of_adjectives(word: str, kinds: set[str]) -> None:
    assert lexicon.adjective_kinds(word) == kinds


def test_parts_of_speech() -> None:
    assert lexicon.pos_share("owl") == {"n": 1.0}
    assert lexicon.pos_share("qwxyz") == {}
    assert sum(lexicon.pos_share("watches").values()) == pytest.approx(1)
    assert lexicon.can_be_verb("wearing")
    assert not lexicon.can_be_verb("umbrella")
    assert lexicon.is_plural("bears")
    assert not lexicon.is_plural("glass")


def test_no_word_is_too_strange() -> None:
    for word in ("", " ", "\t", "\n", "猫", "a\tb", "#words", "\ud800", "x" * 1000):
        assert lexicon.noun_kinds(word) == frozenset()
        assert lexicon.noun_similarity(word, "dog") == 0
        assert lexicon.pos_share(word) == {}
        assert lexicon.adjective_kinds(word) == frozenset()
