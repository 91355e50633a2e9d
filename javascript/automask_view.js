"use strict";

// The view: the picture, every region that was found, and what will be repainted. A click, the keyboard or a brush
// changes the options picked, left_out and strokes, is drawn at once, and then asked of the server to the pixel.
const automaskView = {
    NAMES: ["picked", "left_out", "strokes", "edits"],
    PAUSE: 350, // ms without a further change before the server is asked; a guess
    MEMORY: 100, // steps of undo
    data: null, // what the server found; see report.describe_view
    regions: [], // from small to large: {name, score, area, mask, taken, id}
    points: { picked: [], left_out: [] },
    strokes: [],
    left: new Set(), // regions that were left by a click
    history: [],
    tool: "pick",
    active: -1, // region under the pointer or the keyboard
    level: 0, // how many larger ones than the smallest under the pointer
    changes: 0,

    element: (name) => gradioApp().querySelector(`#automask_${name}`),

    // Listens to the elements of the panel; called often, works once for each new element.
    attach() {
        const regions = this.element("regions");
        if (!regions || regions.dataset.attached) return;
        regions.dataset.attached = "yes";
        for (const name of ["pointermove", "pointerdown", "pointerup", "pointerleave", "keydown", "wheel", "focus", "blur"]) {
            regions.addEventListener(name, (event) => automaskPointer[name](event), { passive: false });
        }
        new ResizeObserver(() => automaskDrawing.draw()).observe(regions.parentElement);
        for (const button of gradioApp().querySelectorAll("#automask_view button[data-do]")) {
            button.addEventListener("click", () => automaskTools[button.dataset.do](button));
        }
        this.element("grow")?.addEventListener("input", () => this.growChanged());
        automaskPlan.attach();
        this.show(null);
    },

    setBusy(busy) {
        this.busy = busy;
        this.element("view").dataset.busy = busy ? "yes" : "";
        this.element("progress").hidden = !busy;
    },

    // Shows what the last run found, if that is new.
    async load() {
        if (this.loading) return;
        this.loading = true;
        try {
            const answer = await automaskPanel.ask({ want: "view" });
            if (answer.view && answer.run !== this.run) {
                this.run = answer.run;
                this.show(answer.view);
            }
        } finally {
            this.loading = false;
        }
    },

    // Takes over a view of the server; null is an empty one.
    show(view, isAnswer = false) {
        if (view && !isAnswer) {
            this.dropQuestion();
            this.dropForeignCorrections(view);
        }
        this.data = view?.picture ? view : null;
        this.readOptions();
        this.element("view").dataset.state = view ? view.outcome : "empty";
        if (view) automaskPanel.tell(view.sentence, view.outcome === "error");
        if (this.data) this.takeOver(view);
        automaskPlan.show(view);
        automaskDrawing.setPicture(this.data?.picture);
        automaskPointer.list();
        automaskPointer.activate(this.active);
    },

    takeOver(view) {
        this.width = view.view_width;
        this.height = view.view_height;
        this.scale = view.scale;
        const size = this.width * this.height;
        const active = this.regions[this.active];
        this.base = automaskMask.decode(view.mask, size);
        this.regions = view.candidates.map((one) => ({ ...one, mask: automaskMask.decode(one.rle, size) }));
        this.regions.sort((one, other) => one.area - other.area);
        this.atServer = { ...this.texts(), grow: Number(automaskPanel.find("grow")?.value ?? 0) };
        this.mask = this.base;
        this.active = this.regions.findIndex((region) => region.id === active?.id && region.area === active.area);
    },

    // What is still to be asked, or on its way, is about the run before.
    dropQuestion() {
        this.changes++;
        clearTimeout(this.waiting);
        this.pending = false;
        this.element("view").dataset.asking = "";
    },

    // Corrections of another picture or prompt are not this one's.
    dropForeignCorrections(view) {
        const made = automaskPanel.read("corrected");
        if (!made || !view.corrected || made === view.corrected) return;
        for (const name of [...this.NAMES, "corrected"]) automaskPanel.write(name, "");
        this.history = [];
        this.left.clear();
    },

    texts() {
        return Object.fromEntries(this.NAMES.map((name) => [name, automaskPanel.read(name)]));
    },

    readOptions() {
        const texts = this.texts();
        this.points = { picked: automaskMask.parsePoints(texts.picked), left_out: automaskMask.parsePoints(texts.left_out) };
        this.strokes = automaskMask.parseStrokes(texts.strokes);
    },

    // The regions that hold a view pixel, from small to large.
    regionsAt(x, y) {
        if (x < 0 || y < 0 || x >= this.width || y >= this.height) return [];
        return this.regions.filter((region) => region.mask[Math.floor(y) * this.width + Math.floor(x)]);
    },

    // The region that a point of an option means; levels do not count those that SAM was asked for.
    regionOf({ x, y, level }) {
        const under = this.regionsAt((x + 0.5) * this.scale, (y + 0.5) * this.scale);
        const found = under.filter((region) => !region.asked);
        return found.length ? found[Math.min(level, found.length - 1)] : under[0];
    },

    statusOf(region) {
        const is = (name) => this.points[name].some((point) => this.regionOf(point) === region);
        if (is("left_out")) return "left out";
        return is("picked") || region.taken ? "taken" : "";
    },

    // Takes a region, or leaves it if it is taken already.
    toggle(region) {
        const isTaken = this.statusOf(region) === "taken";
        const byPlan = this.takenByPlan(region);
        this.change(() => {
            this.dropPoints("left_out", region);
            this.dropPoints("picked", region);
            if (isTaken && byPlan) this.leave(region);
            if (!isTaken && !byPlan) this.pick(region);
        });
    },

    // What was left by a click alone comes back with a larger region that is taken; what is kept out does not.
    pick(region) {
        this.points.left_out = this.points.left_out.filter((point) => {
            const inside = this.regionOf(point);
            return !(inside && this.left.has(inside.id) && inside.mask.every((pixel, i) => !pixel || region.mask[i]));
        });
        this.points.picked.push(this.pointOf(region));
    },

    leave(region) {
        this.left.add(region.id);
        this.points.left_out.push(this.pointOf(region));
    },

    takenByPlan: (region) => region.edit !== null && region.edit !== undefined,

    // Keeps a region out of everything, or no longer.
    leaveOut(region) {
        const status = this.statusOf(region);
        this.change(() => {
            this.dropPoints("picked", region);
            this.dropPoints("left_out", region);
            if (status !== "left out") this.points.left_out.push(this.pointOf(region));
        });
    },

    // Puts the next larger or smaller region in the place of one.
    resize(region, by) {
        const [x, y] = automaskMask.namingPoint(this.masks(), region.mask, this.width, this.height);
        const under = this.regionsAt(x, y);
        const next = under[under.indexOf(region) + by];
        if (!next) return;
        this.change(() => {
            if (!this.dropPoints("picked", region) && region.taken) this.leave(region);
            this.dropPoints("left_out", next);
            this.pick(next);
        });
        this.active = this.regions.indexOf(next);
    },

    masks() {
        return this.regions.filter((region) => !region.asked).map((region) => region.mask);
    },

    pointOf(region) {
        const [x, y, level] = automaskMask.namingPoint(this.masks(), region.mask, this.width, this.height);
        return { x: Math.floor((x + 0.5) / this.scale), y: Math.floor((y + 0.5) / this.scale), level };
    },

    // Whether there were any.
    dropPoints(name, region) {
        const before = this.points[name].length;
        this.points[name] = this.points[name].filter((point) => this.regionOf(point) !== region);
        return this.points[name].length < before;
    },

    // Asks the server for whatever lies under a point where no region was found.
    askAt(x, y, leftOut) {
        this.change(() => {
            this.points[leftOut ? "left_out" : "picked"].push({ x: Math.floor(x / this.scale), y: Math.floor(y / this.scale), level: 0 });
        });
        automaskPanel.tell("Looking at that place …");
    },

    addStroke(stroke) {
        this.change(() => this.strokes.push(stroke));
    },

    // One step: it can be undone, is written into the options, drawn, and asked of the server.
    change(work) {
        if (!this.data) return;
        this.remember();
        work();
        this.write({
            picked: automaskMask.formatPoints(this.points.picked),
            left_out: automaskMask.formatPoints(this.points.left_out),
            strokes: automaskMask.formatStrokes(this.strokes),
        });
    },

    // Keeps the options as they are, for undo.
    remember() {
        this.history = [...this.history, this.texts()].slice(-this.MEMORY);
    },

    undo() {
        const texts = this.history.pop();
        if (texts) this.write(texts);
    },

    write(texts) {
        for (const [name, text] of Object.entries(texts)) automaskPanel.write(name, text);
        const corrected = this.NAMES.some((name) => automaskPanel.read(name));
        automaskPanel.write("corrected", corrected ? this.data.corrected : "");
        this.readOptions();
        this.compose();
        automaskPointer.list();
        this.refresh();
    },

    growChanged() {
        if (!this.data) return;
        clearTimeout(this.growing);
        this.growing = setTimeout(() => {
            this.compose();
            this.refresh();
        }, 60);
    },

    // What will be repainted, as far as the page can tell before the server answers.
    compose() {
        const { width, height, scale } = this;
        const grow = (Number(automaskPanel.find("grow")?.value ?? 0) - this.atServer.grow) * scale;
        const mask = Uint8Array.from(automaskMask.grown(this.base, width, height, grow));
        const add = (region, value) => region?.mask.forEach((pixel, i) => pixel && (mask[i] = value));
        const fresh = (name) => {
            const old = automaskMask.parsePoints(this.atServer[name]).map((point) => this.regionOf(point));
            const now = this.points[name].map((point) => this.regionOf(point));
            return [now.filter((region) => !old.includes(region)), old.filter((region) => !now.includes(region))];
        };
        const [picked, unpicked] = fresh("picked");
        const [, readmitted] = fresh("left_out");
        unpicked.forEach((region) => add(region, 0));
        this.regions.filter((region) => region.taken && !unpicked.includes(region)).forEach((region) => unpicked.length && add(region, 1));
        readmitted.filter((region) => region?.taken || this.takenByPlan(region ?? {})).forEach((region) => add(region, 1));
        picked.forEach((region) => add(region, 1));
        this.newStrokes().forEach((stroke) => automaskMask.paint(mask, width, height, this.scaled(stroke)));
        this.points.left_out.forEach((point) => add(this.regionOf(point), 0));
        this.mask = mask;
        automaskDrawing.draw();
    },

    newStrokes() {
        const old = automaskMask.parseStrokes(this.atServer.strokes);
        return this.strokes.slice(old.length);
    },

    scaled({ sign, radius, points }) {
        return { sign, radius: radius * this.scale, points: points.map(([x, y]) => [x * this.scale, y * this.scale]) };
    },

    // Asks the server for the mask to the pixel, once the person pauses.
    refresh() {
        const change = ++this.changes;
        this.pending = true;
        clearTimeout(this.waiting);
        this.waiting = setTimeout(() => this.askAgain(change), this.PAUSE);
    },

    async askAgain(change) {
        const isLast = () => change === this.changes;
        if (this.busy) return (this.pending = false); // the run shows its own view at its end
        this.element("view").dataset.asking = "yes";
        const answer = await automaskPanel.ask({ want: "correct" });
        if (!isLast()) return;
        this.pending = false;
        this.element("view").dataset.asking = "";
        if (this.busy) return;
        if (answer.error) automaskPanel.tell(answer.error, true);
        else this.show(answer.view, true);
    },
};
