"use strict";

// Presses Generate with the hidden preview flag on: what is shown is what Generate would repaint.
function automaskPreview() {
    const flag = gradioApp().querySelector("#automask_preview input[type=checkbox]");
    const set = (checked) => {
        if (flag.checked !== checked) flag.click();
    };
    set(true);
    setTimeout(() => gradioApp().querySelector("#img2img_generate").click(), 150);
    setTimeout(() => set(false), 1200);
}

// Repeats in the panel what the host wrote about the last run below the result.
onAfterUiUpdate(() => {
    const line = gradioApp().querySelector("#automask_why");
    const log = gradioApp().querySelector("#html_log_img2img");
    if (!line || !log) return;
    const parts = log.querySelectorAll(".comments, .error");
    const told = [...parts].flatMap((part) => part.innerText.split("\n")).filter((text) => text.trim());
    const error = log.querySelector(".error");
    const text = (error ? told : told.filter((line) => line.startsWith("automask"))).join("\n");
    if (line.textContent !== text) {
        line.textContent = text;
        line.classList.toggle("automask-error", Boolean(error));
    }
});
