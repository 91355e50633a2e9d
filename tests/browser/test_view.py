"""The view in Chromium: seen, clicked, painted on, undone, and the same in the options, the run and the infotext."""

from __future__ import annotations

import pytest

BALL, CAT, NOWHERE = (0.28, 0.55), (0.72, 0.55), (0.5, 0.12)
PROMPT = "a blue star left of an orange cat, on the grass"


def test_a_preview_shows_what_would_be_repainted_and_why(previewed):
    assert previewed.is_masked(*BALL)
    assert not previewed.is_masked(*CAT)
    assert "red ball" in previewed.sentence
    assert "cat" in previewed.page.locator("#automask_kept").inner_text()
    (chip,) = previewed.page.locator("#automask_plan li").all()
    assert chip.locator("select").input_value() == "replace"
    assert [box.input_value() for box in chip.locator("input[type=text]").all()] == ["red ball", "blue star"]


def test_every_region_is_an_option_of_a_list_with_its_name(previewed):
    names = previewed.page.locator("#automask_regions li").all_inner_texts()
    assert any("red ball" in name and "taken" in name for name in names)
    assert len(names) == previewed.page.evaluate("automaskView.regions.length")


def test_a_click_takes_a_region_and_a_second_one_leaves_it(previewed):
    previewed.click(*CAT)
    assert previewed.is_masked(*CAT)
    assert previewed.read("picked")
    assert previewed.read("corrected")
    previewed.click(*CAT)
    assert not previewed.is_masked(*CAT)
    assert not previewed.read("picked")
    assert not previewed.read("corrected")


def test_a_click_is_drawn_before_the_server_answers(previewed):
    previewed.page.evaluate("automaskView.PAUSE = 1e6")
    box = previewed.page.locator("#automask_regions").bounding_box()
    place = {"x": box["width"] * CAT[0], "y": box["height"] * CAT[1]}
    previewed.page.locator("#automask_regions").click(position=place)
    assert previewed.is_masked(*CAT)


def test_a_click_leaves_what_the_plan_took_and_takes_it_again(previewed):
    previewed.click(*BALL)
    assert not previewed.is_masked(*BALL)
    assert previewed.read("left_out")
    previewed.click(*BALL)
    assert previewed.is_masked(*BALL)
    assert not previewed.read("left_out")


def test_a_click_where_no_region_is_asks_for_one(panel, picture):
    panel.upload(picture)
    panel.preview("a red ball left of an orange cat, on the grass")
    assert "nothing to change" in panel.sentence
    assert panel.page.evaluate("automaskView.regions.length") == 0
    panel.click(*BALL)
    assert panel.is_masked(*BALL)
    assert not panel.is_masked(*CAT)
    assert not panel.is_masked(*NOWHERE)
    panel.press("undo")
    assert not panel.is_masked(*BALL)


def test_what_was_not_found_is_marked_where_it_is_likeliest(panel, picture):
    panel.upload(picture)
    panel.page.locator("#automask_target textarea").first.fill("purple fish")
    panel.preview(PROMPT)
    assert panel.page.locator("#automask_view").get_attribute("data-state") in ("not found", "unsure")
    assert panel.page.locator("#automask_view").evaluate("(view) => view.classList.contains('automask-has-picture')")
    assert "purple fish" in panel.sentence


def test_shift_and_a_click_keep_a_region_out_of_the_brush_as_well(previewed):
    previewed.click(*CAT, "Shift")
    previewed.press("choose", "brush")
    previewed.drag((0.6, 0.55), CAT)
    assert previewed.read("left_out")
    assert previewed.read("strokes").startswith("+")
    assert not previewed.is_masked(*CAT)


def test_a_wrong_guess_is_put_right_by_two_clicks(previewed):
    previewed.click(*BALL)
    previewed.click(*CAT)
    assert previewed.is_masked(*CAT)
    assert not previewed.is_masked(*BALL)


def test_brush_and_eraser_are_drawn_and_undone(previewed):
    previewed.press("choose", "brush")
    previewed.drag((0.4, 0.12), (0.6, 0.12))
    assert previewed.is_masked(*NOWHERE)
    previewed.press("choose", "eraser")
    previewed.drag((0.2, 0.55), (0.36, 0.55))
    assert not previewed.is_masked(*BALL)
    assert "; -" in previewed.read("strokes")
    previewed.press("undo")
    assert previewed.is_masked(*BALL)
    previewed.press("undo")
    assert not previewed.is_masked(*NOWHERE)
    assert not previewed.read("strokes")


def test_the_keyboard_goes_through_the_regions_takes_and_leaves_out(previewed):
    regions = previewed.page.locator("#automask_regions")
    regions.focus()
    names = regions.locator("li").all_inner_texts()
    wanted = next(index for index, name in enumerate(names) if "cat" in name)
    previewed.page.keyboard.press("Home")
    for _ in range(wanted):
        previewed.page.keyboard.press("ArrowRight")
    assert regions.get_attribute("aria-activedescendant") == f"automask_region_{wanted}"
    previewed.page.keyboard.press("Enter")
    previewed.settle()
    assert previewed.read("picked")
    previewed.page.keyboard.press("Shift+Enter")
    previewed.settle()
    assert previewed.read("left_out")
    assert not previewed.read("picked")


def test_start_over_takes_every_correction_back_and_can_be_undone(previewed):
    previewed.click(*CAT)
    picked = previewed.read("picked")
    previewed.press("clear")
    assert not previewed.is_masked(*CAT)
    previewed.press("undo")
    assert previewed.read("picked") == picked
    assert previewed.is_masked(*CAT)


def test_grow_is_followed_by_the_outline(previewed):
    count = "automaskView.mask.reduce((sum, pixel) => sum + pixel, 0)"
    before = previewed.page.evaluate(count)
    previewed.page.locator("#automask_mask_group .label-wrap").click()
    number = previewed.page.locator("#automask_grow input[type=number]")
    number.fill("16")
    number.press("Tab")
    previewed.page.wait_for_timeout(700)
    previewed.settle()
    assert previewed.page.evaluate(count) > before * 1.3


def test_a_chip_that_is_written_over_changes_the_mask(previewed):
    boxes = previewed.page.locator("#automask_plan li input[type=text]")
    boxes.first.fill("orange cat")
    boxes.first.press("Tab")
    previewed.settle()
    assert previewed.read("edits") == "replace: orange cat -> blue star"
    assert previewed.is_masked(*CAT)
    assert not previewed.is_masked(*BALL)


def test_quick_targets_are_words_of_target(panel):
    quick = panel.page.locator("#automask_quick button")
    quick.get_by_text("hair").click()
    quick.get_by_text("face").click()
    assert panel.read("target") == "hair, face"
    quick.get_by_text("hair").click()
    assert panel.read("target") == "face"
    assert quick.get_by_text("face").get_attribute("aria-pressed") == "true"


def test_a_run_paints_what_was_picked_and_its_infotext_brings_it_back(previewed, open_panel, picture):
    previewed.click(*BALL)
    previewed.click(*CAT)
    shown = previewed.page.evaluate("Array.from(automaskView.base)")
    previewed.run(PROMPT)
    assert previewed.page.evaluate("Array.from(automaskView.base)") == shown
    infotext = previewed.page.locator("#infotext textarea").input_value()

    other = open_panel()
    other.upload(picture)
    other.page.locator("#infotext textarea").fill(infotext)
    other.page.locator("#paste").click()
    other.page.wait_for_function("automaskPanel.read('picked')")
    other.preview(PROMPT)
    assert other.page.evaluate("Array.from(automaskView.base)") == shown


def test_corrections_of_another_prompt_are_dropped(previewed):
    previewed.click(*CAT)
    previewed.preview("a red ball left of a purple cat, on the grass")
    assert not previewed.read("picked")
    assert not previewed.read("corrected")


def test_two_pages_know_nothing_of_each_other(previewed, open_panel, picture):
    other = open_panel()
    other.upload(picture)
    other.preview("a red ball left of a purple cat, on the grass")
    previewed.click(*CAT)
    assert not other.read("picked")
    assert "red ball →" in previewed.sentence
    assert "cat →" in other.sentence
    assert previewed.page.evaluate("automaskPanel.key()") != other.page.evaluate("automaskPanel.key()")


@pytest.mark.parametrize(("button", "tab"), [("sendInpaint", "Inpaint"), ("sendUpload", "Inpaint upload")])
def test_picture_and_mask_are_sent_to_inpaint(previewed, button, tab):
    previewed.press(button)
    previewed.page.locator("#automask_why").get_by_text(f"Picture and mask are in {tab}.").wait_for()
    boxes = {"Inpaint upload": ("img_inpaint_base", "img_inpaint_mask")}.get(tab, ())
    assert all(previewed.page.locator(f"#{box} img").count() == 1 for box in boxes)
    assert tab in previewed.page.locator("#mode_img2img button.selected").first.inner_text()


def test_the_mask_that_was_sent_to_inpaint_comes_back(previewed):
    previewed.press("sendInpaint")
    previewed.page.locator("#automask_why").get_by_text("Picture and mask are in Inpaint.").wait_for()
    previewed.press("choose", "eraser")
    previewed.press("clear")
    previewed.drag((0.1, 0.45), (0.46, 0.45), (0.1, 0.65), (0.46, 0.65))
    before = previewed.page.evaluate("automaskView.mask.reduce((sum, pixel) => sum + pixel, 0)")
    previewed.press("takeInpaint")
    previewed.page.wait_for_function("automaskPanel.read('strokes').length > 100")
    previewed.settle()
    assert previewed.is_masked(*BALL)
    assert previewed.page.evaluate("automaskView.mask.reduce((sum, pixel) => sum + pixel, 0)") > before


@pytest.mark.parametrize("width", [480, 1366])
def test_nothing_of_the_panel_is_wider_than_the_page(open_panel, picture, width):
    panel = open_panel(width)
    panel.upload(picture)
    panel.preview(PROMPT)
    wide = """[...document.querySelectorAll("#automask_enabled *")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.width > 1 && box.right > innerWidth + 1;
    }).map((element) => element.id || element.className || element.tagName)"""
    assert panel.page.evaluate(wide) == []
