"""What the plan's words are trained and compiled with."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib_automask.plan.tagger import TAGS
from training.tags import find_role
from training.treebank import mark_known_names, read_part
from training.word_forms import participle, plural, third_person
from training.wordnet_files import FOLDER

SENTENCE = """# text = He didn't see the well-known broken clock in Paris.
1\tHe\the\tPRON\tPRP\t_\t4\tnsubj\t_\t_
2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdid\tdo\tAUX\tVBD\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_
4\tsee\tsee\tVERB\tVB\tVerbForm=Inf\t0\troot\t_\t_
5\tthe\tthe\tDET\tDT\t_\t10\tdet\t_\t_
6\twell\twell\tADV\tRB\t_\t8\tadvmod\t_\tSpaceAfter=No
7\t-\t-\tPUNCT\tHYPH\t_\t8\tpunct\t_\tSpaceAfter=No
8\tknown\tknow\tVERB\tVBN\tTense=Past|VerbForm=Part\t10\tamod\t_\t_
9\tbroken\tbreak\tVERB\tVBN\tTense=Past|VerbForm=Part\t10\tamod\t_\t_
10\tclock\tclock\tNOUN\tNN\t_\t4\tobj\t_\t_
11\tin\tin\tADP\tIN\t_\t12\tcase\t_\t_
12\tParis\tParis\tPROPN\tNNP\t_\t4\tobl\t_\tSpaceAfter=No
13\t.\t.\tPUNCT\t.\t_\t4\tpunct\t_\t_
"""


def test_the_treebank_is_read_in_two_ways(tmp_path: Path) -> None:
    (tmp_path / "en_ewt-ud-dev.conllu").write_text(SENTENCE + "\n", "utf-8")
    cut, typed = read_part(tmp_path, "dev")
    assert ("did", "AUX") in cut
    assert ("known", "ADJ") in cut
    assert [word for word, _ in typed][:5] == ["he", "didn't", "see", "the", "well-known"]
    assert dict(typed)["well-known"] == dict(typed)["broken"] == "ADJ"


def test_the_treebank_s_train_part_is_put_together_from_its_sources(tmp_path: Path) -> None:
    sources = tmp_path / "not-to-release" / "sources"
    (tmp_path / "not-to-release" / "file-lists").mkdir(parents=True)
    (sources / "blog").mkdir(parents=True)
    (sources / "blog" / "one.conllu").write_text(SENTENCE + "\n" + SENTENCE, "utf-8")
    (tmp_path / "not-to-release" / "file-lists" / "files.train").write_text("blog/one.conllu\n", "utf-8")
    assert len(read_part(tmp_path, "train", ways=(False,))) == 2


def test_names_that_are_common_words_are_nouns() -> None:
    assert mark_known_names([[("square", "PROPN"), ("paris", "PROPN"), ("xylq", "PROPN")]]) == [
        [("square", "NOUN"), ("paris", "PROPN"), ("xylq", "PROPN")]
    ]


def test_inflected_forms() -> None:
    assert [plural(noun) for noun in ("box", "lady", "woman", "sheep", "leaf")] == [
        *("boxes", "ladies", "women", "sheep", "leaves")
    ]
    assert [participle(verb) for verb in ("ride", "sit", "lie", "see", "paint")] == [
        *("riding", "sitting", "lying", "seeing", "painting")
    ]
    assert [third_person(verb) for verb in ("carry", "watch", "play")] == ["carries", "watches", "plays"]


@pytest.mark.parametrize(
    ("tag", "role"),
    [
        ("towel_around_neck", "object"), ("hand_on_own_hip", "pose"), ("multiple_swords", "object"),
        ("orange_(fruit)", "food"), ("2019", "meta"), ("red_scarf", "clothes"),
    ],
)  # fmt: skip
def test_rules_for_tags(tag: str, role: str) -> None:
    assert find_role(tag) == role


@pytest.mark.skipif(not FOLDER.exists(), reason="WordNet is not installed")
def test_sentences_of_our_own() -> None:
    from training.caption_sentences import make_sentences

    sentences = make_sentences(200, seed=5)
    assert sentences == make_sentences(200, seed=5)
    assert {tag for sentence in sentences for _, tag in sentence} <= set(TAGS)
    assert all(word == word.lower() and word for sentence in sentences for word, _ in sentence)
    assert make_sentences(200, seed=6) != sentences
