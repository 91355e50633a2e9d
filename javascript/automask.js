"use strict";

// The panel: reads and writes its controls, presses its buttons, and asks the server what a run found.
const automaskPanel = {
    WAIT: 120000, // ms for an answer: a large picture on a slow machine; a guess
    LOOK: 60, // ms between two looks at the answer
    asked: 0,
    last: Promise.resolve(),

    find(name) {
        return gradioApp().querySelector(`#automask_${name} textarea, #automask_${name} input:not([type=checkbox])`);
    },

    read(name) {
        return this.find(name)?.value ?? "";
    },

    write(name, value) {
        const control = this.find(name);
        if (!control || control.value === value) return;
        control.value = value;
        updateInput(control);
    },

    // The name of this page at the server, which keeps what was found in its last run under it.
    key() {
        this.name ??= Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
        this.write("page_key", this.name);
        return this.name;
    },

    // Sends a request {want: …} with the values of all controls, and resolves to the server's answer; see webui/views.py.
    // One after another: there is one box for requests and one for answers.
    ask(request) {
        return (this.last = this.last.then(() => this.askNow(request)));
    },

    async askNow(request) {
        const number = `${this.key()}-${++this.asked}`;
        this.write("view_request", JSON.stringify({ ...request, number }));
        await new Promise((done) => setTimeout(done, 30)); // gradio takes over the value first
        gradioApp().querySelector("#automask_view_button").click();
        for (const end = Date.now() + this.WAIT; Date.now() < end; ) {
            await new Promise((done) => setTimeout(done, this.LOOK));
            const text = this.read("view_answer");
            if (text.includes(number)) return JSON.parse(text);
        }
        return { error: "The server did not answer." };
    },

    // One line for the user, read out by a screen reader.
    tell(text, isError = false) {
        const line = gradioApp().querySelector("#automask_why");
        if (!line || line.textContent === text) return;
        line.textContent = text;
        line.classList.toggle("automask-error", isError);
    },
};

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

// Follows a run: the host puts a progress bar into the page when it begins, and takes it away at the end.
const automaskRun = {
    LOOK: 200, // ms
    bar: () => gradioApp().querySelector("#img2img_results .progressDiv, #img2img_gallery_container .progressDiv"),
    line: () => gradioApp().querySelector("#automask_progress"),

    // Looks now and then: while a run changes the page all the time, the host's own call comes late.
    watch() {
        this.watching ??= setInterval(() => this.bar() && this.begin(), this.LOOK);
    },

    begin() {
        if (this.timer) return;
        automaskView.setBusy(true);
        this.timer = setInterval(() => this.follow(), this.LOOK);
        this.follow();
    },

    follow() {
        const bar = this.bar();
        if (!bar) return this.end();
        const line = this.line();
        if (line) line.querySelector("span").textContent = bar.textContent.trim() || "Waiting …";
    },

    end() {
        clearInterval(this.timer);
        this.timer = null;
        automaskView.setBusy(false);
        automaskView.load();
    },
};

// Repeats in the panel what the host wrote about the last run below the result.
function automaskRepeatLog() {
    const log = gradioApp().querySelector("#html_log_img2img");
    if (!log || log.innerHTML === automaskRepeatLog.seen) return;
    automaskRepeatLog.seen = log.innerHTML;
    const parts = log.querySelectorAll(".comments, .error");
    const lines = [...parts].flatMap((part) => part.innerText.split("\n")).filter((text) => text.trim());
    const error = log.querySelector(".error");
    const shown = error ? lines : lines.filter((line) => line.startsWith("automask"));
    automaskPanel.tell(shown.map((line) => line.replace(/^automask: /, "")).join("\n"), Boolean(error));
    automaskView.load();
}

onAfterUiUpdate(() => {
    if (!gradioApp().querySelector("#automask_view")) return;
    automaskView.attach();
    automaskPanel.key();
    automaskRepeatLog();
    automaskRun.watch();
});
