"use strict";

// The panel's buttons: show what Generate would repaint, or cut the target out.
function automaskPreview() {
    automaskPress("automask_preview");
}

function automaskCutout() {
    automaskPress("automask_cutout");
}

// Presses Generate with a hidden flag on.
function automaskPress(name) {
    const flag = gradioApp().querySelector(`#${name} input[type=checkbox]`);
    if (flag.checked) return; // pressed already
    const set = (checked) => {
        if (flag.checked !== checked) flag.click();
    };
    const submit = window.submit_img2img;
    const finish = () => {
        clearTimeout(timeout);
        window.submit_img2img = submit;
        set(false);
    };
    // A busy page drops the click; then the next Generate must be a plain one. 3 s are a guess.
    const timeout = setTimeout(finish, 3000);
    // Gradio calls this with the values of all controls, so the flag has been read by then.
    window.submit_img2img = (...values) => {
        finish();
        return submit(...values);
    };
    set(true);
    setTimeout(() => gradioApp().querySelector("#img2img_generate").click(), 150);
}

// Repeats in the panel what the host wrote about the last run below the result.
onAfterUiUpdate(() => {
    const line = gradioApp().querySelector("#automask_why");
    const log = gradioApp().querySelector("#html_log_img2img");
    if (!line || !log) return;
    const parts = log.querySelectorAll(".comments, .error");
    const lines = [...parts].flatMap((part) => part.innerText.split("\n")).filter((text) => text.trim());
    const error = log.querySelector(".error");
    const text = (error ? lines : lines.filter((line) => line.startsWith("automask"))).join("\n");
    if (line.textContent !== text) {
        line.textContent = text;
        line.classList.toggle("automask-error", Boolean(error));
    }
});
