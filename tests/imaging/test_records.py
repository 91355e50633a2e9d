"""Files of JSON lines: what is read, what is written, and how the message of a wrong line begins and ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib_automask.errors import InputError
from lib_automask.imaging.files import read_records, write_records

KEYS = ("id", "image", "prompt")


def stored(folder: Path, text: str | bytes) -> Path:
    path = folder / "in.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_records_are_read_in_order_and_empty_lines_do_not_count(tmp_path):
    lines = (
        '{"id": "b", "image": "ä.png", "prompt": "日本"}',
        "",
        "  ",
        '{"id": 1, "image": "x", "prompt": "", "target": null}',
    )
    assert read_records(stored(tmp_path, "\n".join(lines)), KEYS) == [
        {"id": "b", "image": "ä.png", "prompt": "日本"},
        {"id": 1, "image": "x", "prompt": "", "target": None},
    ]


@pytest.mark.parametrize("number", [2, 2.5])
def test_an_id_may_be_a_number(tmp_path, number):
    assert read_records(stored(tmp_path, f'{{"id": {number}, "target": "cat"}}'), ("id",)) == [
        {"id": number, "target": "cat"}
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1", " is not JSON at column 3; write one object a line"),
        ("[1]", " lacks id, image, prompt; each record needs id, image, prompt"),
        ('"id image prompt"', " lacks id, image, prompt; each record needs id, image, prompt"),
        ('{"id": "b", "image": "x"}', " lacks prompt; each record needs id, image, prompt"),
        ('{"id": "b"}', " lacks image, prompt; each record needs id, image, prompt"),
        ('{"id": ["b"], "image": "x", "prompt": ""}', ': id is ["b"]; write text or a number'),
        ('{"id": true, "image": "x", "prompt": ""}', ": id is true; write text or a number"),
        ('{"id": null, "image": "x", "prompt": ""}', ": id is null; write text or a number"),
        ('{"id": "b", "image": 5, "prompt": ""}', ": image is 5; write text"),
        ('{"id": "b", "image": "x", "prompt": null}', ": prompt is null; write text"),
        ('{"id": "b", "image": "x", "prompt": "", "target": 5}', ": target is 5; write text"),
        (
            '{"id": "b", "image": "x", "prompt": ["' + "y" * 60 + '"]}',
            ': prompt is ["' + "y" * 38 + "; write text",
        ),
        ('{"id": "a", "image": "x", "prompt": ""}', " has the id 'a' again; give each record its own"),
    ],
)  # fmt: skip
def test_the_message_names_the_line_and_what_to_write(tmp_path, line, message):
    path = stored(tmp_path, '{"id": "a", "image": "x", "prompt": ""}\n\n' + line)
    with pytest.raises(InputError) as error:
        read_records(path, KEYS)
    assert str(error.value) == f"{path}, line 3{message}"


def test_a_number_and_its_text_are_one_id(tmp_path):
    with pytest.raises(InputError, match=r"line 2 has the id '1' again"):
        read_records(stored(tmp_path, '{"id": 1}\n{"id": "1"}'), ("id",))


def test_a_file_in_another_encoding_is_named(tmp_path):
    path = stored(tmp_path, b'{"id": "\xff"}')
    with pytest.raises(InputError) as error:
        read_records(path, ("id",))
    assert str(error.value) == f"{path} is not in UTF-8; save it as UTF-8, without other bytes"


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "none.jsonl"
    with pytest.raises(InputError) as error:
        read_records(path, ("id",))
    assert str(error.value) == f"there is no file {path}; give a file of JSON lines"


def test_records_are_written_as_they_are_read(tmp_path):
    records = [{"id": "日本 ä", "values": [1, None]}, {"id": "\ud800", "image": "x"}]
    path = tmp_path / "made" / "out.jsonl"
    write_records(iter(records), path)
    assert path.read_bytes() == '{"id": "日本 ä", "values": [1, null]}\n{"id": "\\ud800", "image": "x"}\n'.encode()
    assert read_records(path, ("id",)) == records
    assert [file.name for file in path.parent.iterdir()] == ["out.jsonl"], "nothing half written stays behind"
