"use strict";

// Mouse, touch and keyboard over the view. The regions are options of a list box for screen readers.
const automaskPointer = {
    NEAR: 0.02, // share of the view's width within which two points of a stroke are one; a guess

    // Where an event lies in the view, in view pixels.
    place(event) {
        const box = automaskView.element("regions").getBoundingClientRect();
        return [((event.clientX - box.left) / box.width) * automaskView.width, ((event.clientY - box.top) / box.height) * automaskView.height];
    },

    pointermove(event) {
        if (!automaskView.data) return;
        const [x, y] = this.place(event);
        if (this.stroke) {
            this.stroke.points.push([x / automaskView.scale, y / automaskView.scale]);
        } else {
            const under = automaskView.regionsAt(x, y);
            const region = under[Math.min(automaskView.level, under.length - 1)];
            const index = automaskView.regions.indexOf(region);
            if (index !== automaskView.active) automaskView.level = under.indexOf(region) < 0 ? 0 : automaskView.level;
            this.activate(index);
        }
        this.pointer = [x, y];
        automaskDrawing.draw();
    },

    pointerdown(event) {
        if (!automaskView.data || event.button > 0) return;
        event.preventDefault();
        event.currentTarget.focus({ preventScroll: true });
        this.pointermove(event);
        if (automaskView.tool === "pick") return this.press(event);
        event.currentTarget.setPointerCapture(event.pointerId);
        const [x, y] = this.place(event);
        const sign = automaskView.tool === "brush" ? "+" : "-";
        this.stroke = { sign, radius: automaskTools.radius(), points: [[x / automaskView.scale, y / automaskView.scale]] };
        automaskDrawing.draw();
    },

    // A click takes or leaves a region, with Shift keeps it out; where none is, the server looks.
    press(event) {
        const region = automaskView.regions[automaskView.active];
        if (!region) return automaskView.askAt(...this.place(event), event.shiftKey);
        if (event.shiftKey) automaskView.leaveOut(region);
        else if (event.altKey) automaskView.resize(region, 1);
        else automaskView.toggle(region);
    },

    pointerup() {
        if (!this.stroke) return;
        const stroke = { ...this.stroke, points: this.thinned(this.stroke.points) };
        this.stroke = null;
        automaskView.addStroke(stroke);
    },

    // Points that lie close to the last one say nothing.
    thinned(points) {
        const near = (this.NEAR * automaskView.width) / automaskView.scale / 4;
        const kept = points.slice(0, 1);
        points.forEach((point, i) => {
            const [x, y] = kept[kept.length - 1];
            if (Math.hypot(point[0] - x, point[1] - y) >= near || (i === points.length - 1 && i)) kept.push(point);
        });
        return kept;
    },

    pointerleave() {
        this.pointer = null;
        if (automaskView.data) this.activate(-1);
        automaskDrawing.draw();
    },

    // Alt and the wheel go to the next larger or smaller region under the pointer.
    wheel(event) {
        if (!event.altKey || !automaskView.data) return;
        event.preventDefault();
        const under = automaskView.regionsAt(...this.place(event));
        automaskView.level = Math.min(under.length - 1, Math.max(0, automaskView.level + (event.deltaY < 0 ? 1 : -1)));
        this.activate(automaskView.regions.indexOf(under[automaskView.level]));
        automaskDrawing.draw();
    },

    focus() {
        if (automaskView.active < 0 && automaskView.data && !this.pointer) this.activate(0);
        automaskDrawing.draw();
    },

    blur() {
        automaskDrawing.draw();
    },

    keydown(event) {
        if (!automaskView.data) return;
        const count = automaskView.regions.length;
        const region = automaskView.regions[automaskView.active];
        const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
        if (event.key in steps && count) this.activate((automaskView.active + steps[event.key] + count) % count);
        else if (event.key === "Home") this.activate(0);
        else if (event.key === "End") this.activate(count - 1);
        else if (["Enter", " "].includes(event.key) && region) event.shiftKey ? automaskView.leaveOut(region) : automaskView.toggle(region);
        else if (event.key === "+" && region) automaskView.resize(region, 1);
        else if (event.key === "-" && region) automaskView.resize(region, -1);
        else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) automaskView.undo();
        else return;
        event.preventDefault();
        event.stopPropagation(); // the host generates on Ctrl+Enter
        automaskDrawing.draw();
    },

    // Makes one region the one that keys and the label are about; -1 is none.
    activate(index) {
        automaskView.active = index;
        const list = automaskView.element("regions");
        if (index < 0) list.removeAttribute("aria-activedescendant");
        else list.setAttribute("aria-activedescendant", `automask_region_${index}`);
    },

    // The regions as the options of the list box.
    list() {
        const list = automaskView.element("regions");
        const regions = automaskView.data ? automaskView.regions : [];
        list.replaceChildren(...regions.map((region, index) => {
            const option = document.createElement("li");
            option.id = `automask_region_${index}`;
            option.setAttribute("role", "option");
            option.setAttribute("aria-selected", String(automaskView.statusOf(region) === "taken"));
            option.textContent = [this.label(region), automaskView.statusOf(region)].filter(Boolean).join(", ");
            return option;
        }));
    },

    label: (region) => [region.name || "region", region.name ? region.score.toFixed(2) : ""].filter(Boolean).join(" "),
};

// The buttons under the view.
const automaskTools = {
    // The brush's radius in picture pixels.
    radius: () => Number(automaskView.element("brush_size").value) / 2 / (automaskView.pixels ?? automaskView.scale),

    choose(button) {
        automaskView.tool = button.value;
        for (const other of gradioApp().querySelectorAll("#automask_view button[data-do=choose]")) {
            other.setAttribute("aria-pressed", String(other === button));
        }
        automaskView.element("view").dataset.tool = button.value;
    },

    larger: () => automaskTools.resize(1),
    smaller: () => automaskTools.resize(-1),

    // The region that was taken last, in the place of which comes another.
    resize(by) {
        const point = automaskView.points.picked.at(-1);
        const region = point ? automaskView.regionOf(point) : automaskView.regions.find((one) => automaskView.statusOf(one) === "taken");
        if (region) automaskView.resize(region, by);
    },

    undo: () => automaskView.data && automaskView.undo(),

    clear() {
        if (!automaskView.data) return;
        automaskView.remember();
        automaskView.write({ picked: "", left_out: "", strokes: "", edits: "" });
    },

    stop: () => gradioApp().querySelector("#img2img_interrupt").click(),
    sendInpaint: () => automaskSend.toInpaint(),
    sendUpload: () => automaskSend.toUpload(),
    takeInpaint: () => automaskSend.fromInpaint(),
};
