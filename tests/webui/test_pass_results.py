"""Passes on the fake host: the pictures that come back, what is saved, and the infotext."""

from __future__ import annotations

import numpy as np
import pytest
from modules import images, shared
from modules import processing as host
from webui_host import SIZE, changed, drawn
from webui_passes import half, settings_of

from lib_automask.imaging import infotext_metadata
from lib_automask.options import FIELDS
from lib_automask.webui import infotext


def test_each_pass_sees_the_result_of_the_last_and_outside_its_mask_nothing_moves(run):
    _status, body = run("edit: blur=0\nedit: target=right; blur=0", keep_passes=True)
    final, after_first = body["images"]
    assert not changed(drawn(), after_first)[:, SIZE // 2 :].any()
    assert np.array_equal(half(final, "left"), half(after_first, "left"))
    assert changed(after_first, final)[:, SIZE // 2 :].mean() > 0.9
    assert np.array_equal(run.requests[1].image, np.array(after_first))


def test_several_edits_of_one_prompt_are_painted_one_after_another(run):
    run("edit: target=left right; each=true; blur=0", steps=3)
    assert [one["seed"] for one in host.sampled] == [1, 2]
    assert len(run.requests) == 1, "the picture is looked at once"
    run("edit: target=left right; blur=0")
    assert len(host.sampled) == 1


def test_the_users_mask_is_scaled_and_padded_with_the_picture(run):
    from PIL import Image

    mask = Image.new("L", (SIZE, SIZE))
    mask.paste(255, (0, 0, 8, 8))
    run("upscale: by=2; upscaler=Lanczos\noutpaint: left=16; up=8; blur=0\nedit", image_mask=mask)
    given = run.requests[-1].user_mask
    assert given.shape == (2 * SIZE + 8, 2 * SIZE + 16)
    assert given[8:24, 16:32].all()
    assert given.sum() == 16 * 16


def test_the_pictures_own_prompt_is_a_witness_until_something_is_replaced(run):
    picture = drawn()
    picture.info["parameters"] = "a ball\nSteps: 20"
    run("upscale: by=1; upscaler=Lanczos\nedit\nedit: target=right", picture)
    assert [request.own_prompt for request in run.requests] == ["a ball", ""]


def test_batch_size_times_count_are_painted_with_their_seeds_and_prompts(run):
    _status, body = run("edit: steps=3\nedit: target=right; steps=4", batch_size=2, n_iter=2, seed=9)
    assert len(body["images"]) == 4
    assert [(one["steps"], one["seed"]) for one in host.sampled] == [
        (steps, seed) for seed in (9, 10, 11, 12) for steps in (3, 4)
    ]
    assert len({np.array(image).tobytes() for image in body["images"]}) == 4


def test_the_batch_tab_gives_each_file_its_own_passes(webui, run):
    files = [drawn(), drawn((0, 0, 230))]
    answer = webui.batch(files, passes="edit: blur=0\noutpaint: right=8; blur=0")
    assert [image.size for image in answer.images] == [(SIZE + 8, SIZE)] * 2
    for file, image in zip(files, answer.images):
        assert not changed(file, image.crop((0, 0, SIZE, SIZE)))[:, SIZE // 2 :].any()
    assert answer.comments.count("pass 2: extended right 8") == 2


def test_only_finished_pictures_are_saved_and_each_pass_too_if_wanted(run):
    run("edit\nedit: target=right")
    assert [suffix for _image, suffix in images.saved] == [""]
    _status, body = run("edit\nedit: target=right\nedit: target=top", keep_passes=True)
    assert [suffix for _image, suffix in images.saved[1:]] == ["-pass-1", "-pass-2", ""]
    assert len(body["images"]) == len(body["infotexts"]) == 3
    assert "automask pass: edit" in body["infotexts"][1]


def test_faces_are_corrected_under_the_mask_alone(run):
    _status, body = run("edit: blur=0", restore_faces=True)
    assert not changed(drawn(), body["images"][0])[:, SIZE // 2 :].any()


def test_the_page_shows_what_each_pass_did_and_what_it_is_doing(webui, run):
    jobs = []
    host.during_sampling = lambda _p: jobs.append((shared.state.job, shared.state.textinfo))
    _pictures, _texts, below = webui.page(
        drawn(), passes="edit: target=right\nupscale: upscaler=Lanczos; strength=.2; overlap=8"
    )
    assert jobs[0] == ("automask pass 1 of 2: edit right",) * 2
    assert jobs[1][1].startswith("automask pass 2 of 2: upscale, tile 1 of ")
    assert "automask: pass 1: replace ['right']" in below
    assert f"pass 2: upscaled by Lanczos: {SIZE}x{SIZE} → {2 * SIZE}x{2 * SIZE}, repainted in 9 tiles" in below
    assert shared.last_prompt == "replace", "the host's note of the last prompt is the user's, not a pass's"


def test_the_infotext_reproduces_the_run(run):
    passes = 'edit: prompt=a cat, sitting: "yes"; seed=-1; blur=0\noutpaint: down=16; strength=0.9'
    _status, body = run(passes, keep_passes=True, batch_size=2, seed=30)
    for image, text in zip(body["images"][:2], body["infotexts"]):
        params = settings_of(text)
        pasted = {row.name: infotext.read_pasted(row, params) for row in FIELDS}
        assert "seed=-1" not in pasted["passes"], "a random seed is written out"
        again = run(pasted.pop("passes"), **{**pasted, "keep_passes": False}, seed=int(params["Seed"]))
        assert not changed(image, again[1]["images"][0]).any()
        assert params["Denoising strength"] == "0.75"


def test_the_infotext_has_what_each_pass_did_and_nothing_of_an_earlier_file(webui, run):
    answer = webui.batch([drawn(), drawn()], passes="edit\noutpaint: left=8")
    for text in answer.infotexts:
        params = settings_of(text)
        assert params["automask pass 1"] == "replace ['left']"
        assert params["automask pass 2"] == f"extended left 8: {SIZE}x{SIZE} → {SIZE + 8}x{SIZE}"
    assert "automask" not in settings_of(webui.api(drawn(), args=[{"enabled": False}])[1]["infotexts"][0])


@pytest.mark.parametrize(
    ("passes", "why"),
    [
        ("edit\nedit: target=right", None),
        ("edit: prompt=a cat", "passes had prompts of their own"),
        ("edit\nedit: target=unsure", "the passes ended early"),
    ],
)
def test_the_prompt_is_the_pictures_own_only_if_it_was_painted_with_it_to_the_end(run, passes, why):
    _status, body = run(passes)
    assert settings_of(body["infotexts"][0]).get(infotext_metadata.KEPT) == why
    assert infotext_metadata.prompt_from_infotext(body["infotexts"][0]) == ("" if why else "a star")
