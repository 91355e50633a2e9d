"use strict";

// What the hosts' own scripts do for extensions, as far as automask uses it.
window.gradioApp = () => document;
window.updateInput = (target) => target.dispatchEvent(new Event("input", { bubbles: true }));
window.onAfterUiUpdate = (work) => {
    let timer = null;
    const later = () => {
        clearTimeout(timer);
        timer = setTimeout(work, 200);
    };
    new MutationObserver(later).observe(document.body, { childList: true, subtree: true, characterData: true });
    later();
};

// Generate: a bar of progress appears at once and goes when the result is there.
window.submit_img2img = (...values) => {
    const results = document.querySelector("#img2img_results");
    const bar = Object.assign(document.createElement("div"), { className: "progressDiv", textContent: "automask: caption 50%" });
    results.prepend(bar);
    const log = document.querySelector("#html_log_img2img");
    const before = log.innerText;
    const timer = setInterval(() => {
        if (log.innerText === before) return;
        clearInterval(timer);
        bar.remove();
    }, 50);
    const tabs = [...document.querySelectorAll("#mode_img2img > div:first-child button")];
    values[0] = Math.max(0, tabs.findIndex((tab) => tab.classList.contains("selected")));
    return values;
};
