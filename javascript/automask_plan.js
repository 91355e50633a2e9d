"use strict";

// The plan as chips: each edit can be switched off, get another kind or other words. What they say then is the option
// edits, one edit a line. Beside them the quick targets, which put words into Target.
const automaskPlan = {
    KINDS: ["replace", "modify", "add", "remove", "background", "restyle"],
    TWO: ["replace", "modify"], // kinds with words for before and after
    chips: [], // {kind, first, second, on, confidence, state}

    attach() {
        for (const button of gradioApp().querySelectorAll("#automask_quick button")) {
            button.addEventListener("click", () => this.toggleTarget(button.value));
        }
        automaskView.element("add_edit")?.addEventListener("click", () => {
            this.chips.push({ kind: "replace", first: "", second: "", on: true });
            this.draw();
            gradioApp().querySelector("#automask_plan li:last-of-type input[type=text]").focus();
        });
        automaskView.element("target")?.addEventListener("input", () => this.markTargets());
    },

    // The chips of a view; those that were switched off by hand stay, switched off.
    show(view) {
        const off = automaskPanel.read("edits") ? this.chips.filter((chip) => !chip.on) : [];
        this.chips = [...(view?.edits ?? []).map((edit) => this.chipOf(edit)), ...off];
        this.draw(view);
        this.markTargets();
    },

    chipOf(edit) {
        const added = [edit.replacement, edit.relation, edit.target].filter(Boolean).join(" ");
        const first = edit.kind === "add" ? added : ["background", "restyle"].includes(edit.kind) ? edit.replacement : edit.target;
        return { kind: edit.kind, first: first ?? "", second: edit.replacement ?? "", on: edit.state !== "off", confidence: edit.confidence, state: edit.state };
    },

    textOf({ kind, first, second }) {
        return this.TWO.includes(kind) ? `${kind}: ${first.trim()} -> ${second.trim()}` : `${kind}: ${first.trim()}`;
    },

    isWhole: ({ kind, first, second }) => first.trim() && (!automaskPlan.TWO.includes(kind) || second.trim()),

    // Writes the chips into the option.
    changed() {
        const texts = this.chips.filter((chip) => chip.on && this.isWhole(chip)).map((chip) => this.textOf(chip));
        const view = automaskView;
        if (!view.data) return automaskPanel.write("edits", texts.join("; "));
        view.remember();
        view.write({ edits: texts.join("; ") });
        if (!texts.length) automaskPanel.tell("No edit is switched on, so the plan is made from the prompt again.");
    },

    draw(view) {
        const list = automaskView.element("plan");
        list.replaceChildren(...this.chips.map((chip) => this.element(chip)));
        const kept = automaskView.element("kept");
        if (view !== undefined) kept.textContent = view?.kept?.length ? view.kept.join(", ") : "";
        kept.parentElement.hidden = !kept.textContent;
        automaskView.element("plan_row").hidden = !automaskView.data && !this.chips.length;
    },

    element(chip) {
        const item = document.createElement("li");
        item.dataset.state = chip.on ? chip.state ?? "" : "off";
        const make = (tag, label, properties, event, act) => {
            const made = Object.assign(document.createElement(tag), properties);
            made.setAttribute("aria-label", label);
            if (event) made.addEventListener(event, () => (act(made), this.changed(), this.draw()));
            return made;
        };
        const use = make("input", "Use this edit", { type: "checkbox", checked: chip.on }, "change", (box) => (chip.on = box.checked));
        const kind = make("select", "Kind of edit", {}, "change", (list) => (chip.kind = list.value));
        kind.append(...this.KINDS.map((name) => new Option(name, name, false, name === chip.kind)));
        const words = (name, label) => {
            const input = make("input", label, { type: "text", value: chip[name], size: Math.max(6, Math.min(28, chip[name].length + 1)) }, "change", (box) => (chip[name] = box.value));
            input.addEventListener("keydown", (event) => event.key === "Enter" && (event.stopPropagation(), input.blur()));
            return input;
        };
        item.append(use, kind, words("first", "What"));
        if (this.TWO.includes(chip.kind)) {
            const arrow = Object.assign(document.createElement("span"), { textContent: "→", ariaHidden: "true" });
            item.append(arrow, words("second", "What instead"));
        }
        const note = chip.state === "not found" ? "not found" : chip.confidence === undefined ? "" : chip.confidence.toFixed(2);
        if (note) item.append(Object.assign(document.createElement("small"), { textContent: note }));
        return item;
    },

    targets() {
        return automaskPanel.read("target").split(",").map((word) => word.trim()).filter(Boolean);
    },

    toggleTarget(word) {
        const words = this.targets();
        automaskPanel.write("target", (words.includes(word) ? words.filter((other) => other !== word) : [...words, word]).join(", "));
        this.markTargets();
    },

    markTargets() {
        const words = this.targets();
        for (const button of gradioApp().querySelectorAll("#automask_quick button")) {
            button.setAttribute("aria-pressed", String(words.includes(button.value)));
        }
    },
};
