"""Published data sets are read from folders of their form; these are drawn here, with pictures of the icon world."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PIL_Image

from benchmarks.icon_world.scenes import Scene, Thing, draw, silhouettes
from benchmarks.localise.__main__ import main
from benchmarks.localise.cases import Case, sample
from benchmarks.localise.editing_mask import exchanged, read_editing_mask
from benchmarks.localise.pie_bench import mask_of_runs, read_pie_bench
from benchmarks.localise.plain_pickle import read_plain_pickle
from benchmarks.localise.refcoco import mask_of_segmentation, read_refcoco
from lib_automask import InputError
from lib_automask.types import Mask

BALL, CAT = Thing("ball", "red", 0.28, 0.55, 0.19, 0, 1), Thing("cat", "orange", 0.72, 0.5, 0.2, 4, 1)
CAPTION = "a red ball left of an orange cat, on the grass"


def scene(side: int) -> Scene:
    return Scene((BALL, CAT), "grass", side, side, 3)


def write_picture(path: Path, side: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL_Image.fromarray(draw(scene(side))).save(path, quality=95)


def runs_of(mask: Mask) -> list[int]:
    """Start and length of each run of ones, row by row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.ravel().astype(np.int8), [0]])))
    return [int(number) for start, end in zip(edges[::2], edges[1::2]) for number in (start, end - start)]


@pytest.fixture
def pie_bench(tmp_path: Path) -> Path:
    """Two records: the ball becomes a star, and the style changes."""
    write_picture(tmp_path / "annotation_images" / "1_change_object_80" / "1_artificial" / "111000000000.jpg", 512)
    write_picture(tmp_path / "annotation_images" / "9_change_style_80" / "912000000000.jpg", 512)
    ball = silhouettes(scene(512))[0]
    records = {
        "111000000000": {
            "image_path": "1_change_object_80/1_artificial/111000000000.jpg",
            "original_prompt": "a red [ball] left of an orange cat, on the grass",
            "editing_prompt": "a red [star] left of an orange cat, on the grass",
            "editing_instruction": "Replace the red ball with a red star",
            "editing_type_id": "1",
            "blended_word": "ball star",
            "mask": runs_of(ball),
        },
        "912000000000": {
            "image_path": "9_change_style_80/912000000000.jpg",
            "original_prompt": CAPTION,
            "editing_prompt": f"[an oil painting of] {CAPTION}",
            "editing_instruction": "Make it an oil painting",
            "editing_type_id": "9",
            "blended_word": "",
            "mask": [0, 512 * 512],
        },
    }
    (tmp_path / "mapping_file.json").write_text(json.dumps(records), "utf-8")
    return tmp_path


def test_pie_bench_is_measured_by_kind(pie_bench: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["pie-bench", str(pie_bench), "--models", "demo", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures["kinds"]) == ["change object", "change style"]
    assert figures["kinds"]["change object"]["iou"] > 0.8
    assert figures["kinds"]["change object"]["middle"] == 1.0
    assert figures["kinds"]["change style"]["iou"] == 1.0
    assert figures["all"]["count"] == 2


def test_pie_bench_gives_the_prompt_as_typed_or_the_instruction(pie_bench: Path):
    prompts = [case.prompt for case in read_pie_bench(pie_bench)]
    assert prompts == ["a red star left of an orange cat, on the grass", f"an oil painting of {CAPTION}"]
    assert [case.own_prompt for case in read_pie_bench(pie_bench)] == ["", ""]
    cases = read_pie_bench(pie_bench, "instruction", own_prompt=True)
    assert cases[0].prompt == "Replace the red ball with a red star"
    assert cases[0].own_prompt == CAPTION


def test_runs_are_start_and_length_row_by_row():
    mask = np.zeros((512, 512), np.bool_)
    mask[3, 5:9] = mask[511, 500:] = True
    assert np.array_equal(mask_of_runs(runs_of(mask)), mask)
    assert np.array_equal(mask_of_runs([3 * 512 + 5, 4, 511 * 512 + 500, 9999]), mask)


@pytest.fixture
def editing_mask(tmp_path: Path) -> Path:
    """One picture of Imagen, and one of ImageNet whose mask was drawn at another size."""
    data = tmp_path / "dataset" / "Editing-Mask"
    write_picture(data / "image" / "23.jpg", 256)
    write_picture(data / "image" / "00028602.jpg", 160)
    (data / "mask").mkdir()
    ball, cat = silhouettes(scene(256))
    PIL_Image.fromarray(ball.astype(np.uint8) * 255).save(data / "mask" / "23.png")
    PIL_Image.fromarray(cat.astype(np.uint8) * 255).save(data / "mask" / "00028602.png")
    (tmp_path / "dataset_txt").mkdir()
    lines = [f"23 <> {CAPTION} <> red ball <> a blue star", "ILSVRC2012_val_00028602.JPEG <> orange cat <> white dog"]
    (tmp_path / "dataset_txt" / "Editing-Mask_list.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path


def test_editing_mask_is_measured_beside_what_was_published(editing_mask: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["editing-mask", str(editing_mask), "--models", "demo"]) == 0
    shown = capsys.readouterr().out
    assert "published: InstDiffEdit: IoU 56.2 (Zou et al., arXiv 2401.07709)" in shown
    assert "published: DiffEdit: IoU 33.0" in shown
    figures = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.startswith(("Image", "all"))}
    assert [figures[kind][0] for kind in ("Imagen", "ImageNet", "all")] == ["1", "1", "2"]
    assert float(figures["all"][2]) > 0.8


def test_editing_mask_writes_what_a_user_would_type(editing_mask: Path):
    made, photographed = read_editing_mask(editing_mask, own_prompt=True)
    assert made.prompt == "a blue star left of an orange cat, on the grass"
    assert made.own_prompt == CAPTION
    assert photographed.prompt == "replace the orange cat with a white dog"
    assert photographed.own_prompt == ""
    assert [case.own_prompt for case in read_editing_mask(editing_mask)] == ["", ""]
    assert photographed.truth((160, 160)).shape == (160, 160)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("Persian cat", "a raccoon", "A photo of a raccoon riding a bike on a beach."),
        ("Persian cat", "British Shorthair cat", "A photo of a British Shorthair cat riding a bike on a beach."),
        ("on a beach", "in a garden", "A photo of a Persian cat riding a bike in a garden."),
    ],
)
def test_a_phrase_is_exchanged_with_its_article(old: str, new: str, wanted: str):
    assert exchanged("A photo of a Persian cat riding a bike on a beach.", old, new) == wanted


@pytest.fixture
def refcoco(tmp_path: Path) -> Path:
    """One picture with two refs, one of them with two sentences; the ref of another split is left out."""
    name = "COCO_train2014_000000000009.jpg"
    write_picture(tmp_path / "images" / "mscoco" / "images" / "train2014" / name, 160)
    ball, cat = silhouettes(scene(160))
    folder = tmp_path / "refcoco"
    folder.mkdir()
    instances = {
        "images": [{"id": 9, "file_name": name, "height": 160, "width": 160}],
        "annotations": [
            {"id": 1, "image_id": 9, "category_id": 37, "segmentation": outline_of(ball)},
            {"id": 2, "image_id": 9, "category_id": 17, "segmentation": columns_of(cat)},
        ],
        "categories": [
            {"id": 37, "name": "sports ball", "supercategory": "sports"},
            {"id": 17, "name": "cat", "supercategory": "animal"},
        ],
    }
    (folder / "instances.json").write_text(json.dumps(instances), "utf-8")
    write_refs(folder, [ref(1, 1, 37, "val", "red ball", "the ball"), ref(2, 2, 17, "val", "orange cat")])
    return tmp_path


def ref(ref_id: int, ann_id: int, category: int, split: str, *sentences: str) -> dict[str, Any]:
    sentences = [
        {"sent_id": number, "sent": text, "raw": text, "tokens": text.split()} for number, text in enumerate(sentences)
    ]
    ids = {"ref_id": ref_id, "ann_id": ann_id, "image_id": 9, "category_id": category}
    return {**ids, "split": split, "sentences": sentences}


def write_refs(folder: Path, refs: object) -> None:
    with (folder / "refs(unc).p").open("wb") as file:
        pickle.dump(refs, file, protocol=2)


def outline_of(mask: Mask) -> list[list[float]]:
    """One polygon round a convex mask: its left edge downwards, and its right edge upwards."""
    rows = np.flatnonzero(mask.any(1))
    left, right = mask.argmax(1)[rows], mask.shape[1] - mask[:, ::-1].argmax(1)[rows]
    points = [*zip(left, rows + 0.5), *zip(right[::-1], rows[::-1] + 0.5)]
    return [[float(value) for point in points for value in point]]


def columns_of(mask: Mask) -> dict[str, Any]:
    """Runs of zeros and ones, column by column."""
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat])))
    return {"size": list(mask.shape), "counts": np.diff([0, *edges, flat.size]).tolist()}


def test_refcoco_gives_each_sentence_as_the_target(refcoco: Path, capsys: pytest.CaptureFixture[str]):
    write_refs(refcoco / "refcoco", [*refs_of(refcoco), ref(3, 1, 37, "testA", "round thing")])
    assert [case.target for case in read_refcoco(refcoco)] == ["red ball", "the ball", "orange cat"]
    assert main(["refcoco", str(refcoco), "--models", "demo", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert {kind: part["count"] for kind, part in figures["kinds"].items()} == {"sports": 2, "animal": 1}
    assert figures["all"]["iou"] > 0.8
    assert figures["published"][0]["source"] == "Yu et al., arXiv 2303.17811"


def refs_of(folder: Path) -> list[Any]:
    refs: list[Any] = read_plain_pickle(folder / "refcoco" / "refs(unc).p")
    return refs


def test_outlines_are_drawn_as_coco_means_them():
    square = mask_of_segmentation([[2, 1, 6, 1, 6, 4, 2, 4]], (6, 8))
    expected = np.zeros((6, 8), np.bool_)
    expected[1:4, 2:6] = True
    assert np.array_equal(square, expected)
    assert np.array_equal(mask_of_segmentation(columns_of(expected), (6, 8)), expected)
    for wrong in ({"counts": "aUh2b0X", "size": [6, 8]}, {"counts": [3, 4], "size": [6, 8]}, None):
        with pytest.raises(InputError, match="outline"):
            mask_of_segmentation(wrong, (6, 8))


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("harmed"),))


@pytest.mark.parametrize("content", [Harmful(), [{"path": Path("here")}], {"size": np.float64(3)}])
def test_a_pickle_that_asks_for_code_is_refused_and_nothing_runs(
    content: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "refs.p"
    file.write_bytes(pickle.dumps(content))
    with pytest.raises(InputError, match="only plain data"):
        read_plain_pickle(file)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps([1, 2])[:-3]])
def test_what_is_no_pickle_is_told_as_such(content: bytes, tmp_path: Path):
    file = tmp_path / "refs.p"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"refs\.p cannot be read as plain data"):
        read_plain_pickle(file)


@pytest.mark.parametrize(
    ("benchmark", "message"),
    [
        ("pie-bench", "give the folder of PIE-Bench"),
        ("editing-mask", "give the folder with dataset_txt/Editing-Mask_list.txt"),
        ("refcoco", "give the folder with refcoco/instances.json"),
    ],
)
def test_a_wrong_folder_is_told_in_one_sentence(
    benchmark: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main([benchmark, str(tmp_path), "--models", "demo"]) == 2
    answer = capsys.readouterr()
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not answer.out


def test_what_is_missing_is_told_before_anything_runs(pie_bench: Path, editing_mask: Path, refcoco: Path):
    (pie_bench / "annotation_images" / "9_change_style_80" / "912000000000.jpg").unlink()
    with pytest.raises(InputError, match=r"1 pictures are missing, the first is .*912000000000\.jpg"):
        read_pie_bench(pie_bench)
    (editing_mask / "dataset" / "Editing-Mask" / "mask" / "23.png").unlink()
    with pytest.raises(InputError, match="23 has no file"):
        read_editing_mask(editing_mask)
    with pytest.raises(InputError, match=r"there is no .*refs\(google\)\.p"):
        read_refcoco(refcoco, split_by="google")


@pytest.mark.parametrize("record", [{}, {"editing_type_id": "12"}, None, {"editing_type_id": "1", "editing_prompt": 3}])
def test_a_record_of_another_form_is_named(record: object, tmp_path: Path):
    (tmp_path / "mapping_file.json").write_text(json.dumps({"000000000000": record}), "utf-8")
    with pytest.raises(InputError, match="record 000000000000"):
        read_pie_bench(tmp_path)


def test_instances_of_another_form_are_told(refcoco: Path):
    write_refs(refcoco / "refcoco", [{"split": "val"}])
    with pytest.raises(InputError, match="not laid out as the REFER tools have it"):
        read_refcoco(refcoco)


def test_a_sample_is_drawn_by_its_seed_and_an_empty_split_is_told(refcoco: Path):
    cases = [Case(str(number), "", "", Path(), lambda size: np.zeros(size, np.bool_)) for number in range(20)]
    drawn = [case.name for case in sample(cases, 5, 1)]
    assert len(drawn) == 5
    assert drawn == [case.name for case in sample(cases, 5, 1)] == sorted(drawn, key=int)
    assert drawn != [case.name for case in sample(cases, 5, 2)]
    assert sample(cases, None, 1) == cases
    with pytest.raises(InputError, match="not one case"):
        sample(read_refcoco(refcoco, split="testB"), None, 1)
