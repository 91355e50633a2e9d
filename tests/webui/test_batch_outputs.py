"""The folder of masks and the table of a Batch run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from modules import shared
from webui_host import GREEN, drawn

from lib_automask.webui import outputs


@pytest.fixture
def folder(webui, tmp_path) -> str:
    return str(tmp_path / "out")


def test_a_batch_has_masks_named_as_its_files_and_a_table_of_what_was_done(webui, folder):
    webui.batch([drawn(), drawn(GREEN), drawn()], outpath_samples=folder, also="mask")
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["edit"].partition(" ")[0] for line in table] == ["replace", "replace", "replace"]
    assert "the place is not certain" in table[1]["why"]
    assert [line["picture"] for line in table] == ["00000.png", "00001.png", "00002.png"]
    masks = sorted(path.name for path in Path(folder, "automask-masks").iterdir())
    assert masks == ["00000.png", "00002.png"], "the second file had none"


def test_of_several_pictures_for_each_file_of_a_batch_masks_and_table_are_kept_too(webui, folder):
    """The host writes "Batch 2 out of 2" over the number of the file."""
    answer = webui.batch([drawn(), drawn(GREEN)], outpath_samples=folder, also="mask", n_iter=2)
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["picture"] for line in table] == ["00000.png", "00002.png"]
    assert sorted(path.name for path in Path(folder, "automask-masks").iterdir()) == ["00000.png"]
    assert "automask, 2 out of 2: the place is not certain" in str(answer.comments)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_take_for_a_formula_is_text(folder, start):
    formula = f"{start}HYPERLINK(A1)"
    outputs.append_csv_row((formula, "1.png", "remove -2 (1.00)", "0.5", formula), Path(folder, "automask.csv"))
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        heading, row = list(csv.reader(file))
    assert heading == list(outputs.COLUMNS)
    assert row == [f"'{formula}", "1.png", "remove -2 (1.00)", "0.5", f"'{formula}"]


def test_the_table_of_a_batch_has_what_each_pass_did(webui, folder):
    webui.batch([drawn()], outpath_samples=folder, also="mask", passes="edit\noutpaint: left=8")
    with Path(folder, "automask.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["why"] == "replace red square → star; extended left 8: 64x64 → 72x64"


def test_a_batch_names_them_after_its_files_where_the_host_does(webui, folder):
    more = {"override_settings": {"samples_filename_pattern": "holiday-[generation_number]"}}
    webui.batch([drawn()], outpath_samples=folder, also="mask", **more)
    assert Path(folder, "automask-masks", "holiday.png").exists()
    shared.opts.__init__()


def test_a_folder_that_cannot_be_written_is_reported_and_the_picture_is_there(webui, folder):
    webui.batch([drawn()], outpath_samples=folder, also="mask")
    table = Path(folder, "automask.csv")
    table.unlink()
    table.mkdir()
    answer = webui.batch([drawn()], outpath_samples=folder, also="mask")
    assert len(answer.images) == 1
    assert "automask.csv" in str(answer.comments)
