"""Before the models are there: what the panel and the settings page say, fetch and choose."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from modules import shared

from lib_automask.errors import Interrupted, ModelMissing
from lib_automask.runtime import checkpoints
from lib_automask.runtime.download import download_file
from lib_automask.webui import model_setup, model_state, settings
from lib_automask.webui.model_state import ModelFetch, find_state, list_states

BLIP = "BLIP/blip-image-captioning-base"
CONTENT = bytes(range(256)) * 20_000

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(autouse=True)
def models_path(webui: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A host whose folder of models is empty, and whose settings are new afterwards."""
    monkeypatch.setattr(shared, "models_path", str(tmp_path))
    monkeypatch.setattr(model_setup, "FETCH", ModelFetch())
    yield tmp_path
    shared.opts.__init__()


def fetched(name: str, folder: Path, progress: Any) -> Path:
    """In place of the network: sparse files of the right lengths."""
    published = checkpoints.BY_NAME[name]
    for file in published.files:
        path = published.path_of(file, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as opened:
            opened.truncate(file.size)
    progress(f"fetching {name}", 1.0)
    return folder / published.place


def test_without_models_each_is_named_with_size_and_place(models_path: Path) -> None:
    text = model_setup.describe_setup()
    assert "3 of 3 models are missing" in text
    assert "2.3 GB are to be fetched" in text
    assert (
        f"blip-image-captioning-base</b> (says what the picture shows): missing, 991 MB; belongs at {models_path}"
        in text
    )
    assert str(models_path / "sam" / "sam_vit_b_01ec64.pth") in text


def test_what_has_come_of_a_broken_download_is_shown(models_path: Path) -> None:
    part = models_path / "sam" / "sam_vit_b_01ec64.pth.part"
    part.parent.mkdir()
    part.write_bytes(bytes(5_000_000))
    assert "375 MB (5 MB have come)" in model_setup.describe_setup()


def test_a_file_of_another_length_is_not_in_place(models_path: Path) -> None:
    path = models_path / "sam" / "sam_vit_b_01ec64.pth"
    path.parent.mkdir()
    path.write_bytes(b"half")
    state = find_state("segmenter", "", (models_path,))
    assert not state.ready
    assert state.can_fetch
    assert "4 bytes instead of 375042383" in state.problem


def test_the_button_fetches_what_is_missing_and_says_when_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_setup, "FETCH", ModelFetch(fetched))
    *_earlier, last = model_setup.fetch_models()
    assert "All models are in place." in last
    assert model_setup.are_models_ready()


def test_progress_is_shown_and_stop_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = threading.Event()

    def fetch(name: str, _folder: Path, progress: Any) -> Path:
        while True:
            progress(f"fetching {name}", 0.25)
            reached.set()

    monkeypatch.setattr(model_setup, "FETCH", ModelFetch(fetch))
    answers = model_setup.fetch_models()
    next(answers)
    assert reached.wait(10)
    assert "fetching blip-image-captioning-base: 25%, 248 of 991 MB" in model_setup.describe_setup()
    assert "goes on from there" in model_setup.stop_fetching()
    assert not model_setup.FETCH.is_running


def test_two_pages_share_one_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    go_on = threading.Event()

    def fetch(name: str, folder: Path, progress: Any) -> Path:
        calls.append(name)
        assert go_on.wait(10)
        return fetched(name, folder, progress)

    fetch_models = ModelFetch(fetch)
    fetch_models.start(settings.read_settings())
    fetch_models.start(settings.read_settings())
    go_on.set()
    assert list(fetch_models.follow())[-1] == "all models are in place"
    assert len(calls) == len(set(calls)) == 3


def test_why_a_fetch_failed_is_said_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_args: Any) -> Path:
        raise ModelMissing("the disk of models/sam is full; make room and fetch again, it goes on")

    monkeypatch.setattr(model_setup, "FETCH", ModelFetch(fetch))
    assert "make room and fetch again" in list(model_setup.fetch_models())[-1]


class Slow(BaseHTTPRequestHandler):
    """Serves CONTENT with ranges."""

    def do_GET(self) -> None:
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:])

    def log_message(self, *_args: Any) -> None:
        pass


def test_a_stopped_fetch_from_a_server_goes_on_from_there(models_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib
    import urllib.request

    monkeypatch.setattr(urllib.request, "_opener", None)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    path, digest = models_path / "sam" / "file.pth", hashlib.sha256(CONTENT).hexdigest()

    def stop_after_some(_stage: str, share: float) -> None:
        if share > 0.1:
            raise Interrupted("stopped")

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/file"
        with pytest.raises(Interrupted):
            download_file(url, path, len(CONTENT), digest, stop_after_some)
        kept = path.with_name("file.pth.part").stat().st_size
        assert 0 < kept < len(CONTENT)
        shares: list[float] = []
        download_file(url, path, len(CONTENT), digest, lambda _stage, share: shares.append(share))
        server.shutdown()
    assert shares[0] == pytest.approx(kept / len(CONTENT))
    assert path.read_bytes() == CONTENT


def test_the_demo_button_chooses_and_saves_the_demo_models() -> None:
    settings_before = settings.read_settings()
    assert settings_before.captioner == ""
    assert "drawn icons only" in model_setup.choose_demo()
    assert [state.name for state in list_states(settings.read_settings())] == [
        "demo-captioner", "demo-matcher", "demo-segmenter",
    ]  # fmt: skip
    assert model_setup.are_models_ready()
    ((file, saved),) = shared.opts.saved
    assert file == shared.config_filename
    assert saved["automask_matcher"] == "demo"


def test_settings_that_cannot_be_saved_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_filename: str) -> None:
        raise AssertionError("saving settings is disabled")

    monkeypatch.setattr(shared.opts, "save", refuse, raising=False)
    assert "not saved (saving settings is disabled)" in model_setup.choose_demo()


def test_the_hosts_interrogate_without_its_file_says_how_to_get_it(models_path: Path) -> None:
    state = find_state("captioner", settings.INTERROGATE, (models_path,))
    assert not state.ready
    assert not state.can_fetch
    assert "press Interrogate CLIP once" in model_setup.describe_state(state)


def test_a_name_that_is_nowhere_says_where_it_was_looked_for(models_path: Path) -> None:
    state = find_state("segmenter", "no-such-model", (models_path,))
    assert not state.can_fetch
    assert f"looked for in {models_path}" in model_setup.describe_state(state)


def test_a_folder_that_does_not_exist_is_told_at_apply(models_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gradio = pytest.importorskip("gradio")
    warnings: list[str] = []
    monkeypatch.setattr(gradio, "Warning", warnings.append)
    settings.add_settings()
    (models_path / "more").mkdir()
    shared.opts.set("automask_folders", f"{models_path / 'more'}; {models_path / 'none'}")
    (warning,) = warnings
    assert str(models_path / "none") in warning
    assert str(models_path / "none") in model_setup.describe_setup()
    shared.opts.set("automask_device", "cpu")
    assert len(warnings) == 1


def test_the_settings_page_has_the_block_and_saves_nothing_of_it() -> None:
    gradio = pytest.importorskip("gradio")
    settings.add_settings(model_setup.make_model_setup)
    option = shared.opts.data_labels["automask_models"]
    assert option.do_not_save
    with gradio.Blocks():
        block = option.component(value="", label=option.label, elem_id="setting_automask_models")
    assert "models are missing" in block.value
    assert "automask_models" not in shared.opts.data


def test_names_are_escaped(models_path: Path) -> None:
    shared.opts.data["automask_segmenter"] = "<script>"
    assert "<script>" not in model_setup.describe_setup()


def test_looking_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_state.download, "fetch_repository", None)
    shared.opts.data["automask_captioner"] = "owner/name"
    assert not model_setup.are_models_ready()


def test_settings_written_by_hand_leave_the_panel_usable() -> None:
    shared.opts.data["automask_folders"] = 5
    assert not model_setup.are_models_ready()
    assert "cannot be read" in model_setup.describe_setup()
