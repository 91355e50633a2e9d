"use strict";

// Draws the view onto its canvas: picture, outlines, what will be repainted, what is left out.
const automaskDrawing = {
    MASK: [255, 64, 129], // pink is rare in pictures and seen on light and dark
    OUT: [64, 120, 255],
    OPACITY: 150, // of 255
    REST: [255, 255, 255, 60], // what stays is paler

    setPicture(source) {
        automaskView.element("view").classList.toggle("automask-has-picture", Boolean(source));
        if (source === this.source) return this.draw();
        this.source = source;
        this.picture = null;
        if (!source) return this.draw();
        const picture = new Image();
        picture.onload = () => {
            if (source !== this.source) return;
            this.picture = picture;
            this.draw();
        };
        picture.src = source;
    },

    // Once a frame, however often it is called.
    draw() {
        if (this.planned) return;
        this.planned = requestAnimationFrame(() => {
            this.planned = null;
            this.drawNow();
        });
    },

    drawNow() {
        const canvas = automaskView.element("canvas");
        const view = automaskView;
        if (!canvas || !view.data || !this.picture) return;
        const dots = window.devicePixelRatio || 1;
        const box = this.fit(canvas);
        if (!box.width) return;
        canvas.width = Math.round(box.width * dots);
        canvas.height = Math.round(box.height * dots);
        this.unit = canvas.width / view.width; // canvas pixels in a view pixel
        view.pixels = box.width / view.data.width; // page pixels in a picture pixel
        const context = canvas.getContext("2d");
        context.drawImage(this.picture, 0, 0, canvas.width, canvas.height);
        this.drawMask(context);
        this.drawRegions(context, dots);
        this.drawHottest(context, dots);
        this.drawPointer(context, dots);
    },

    // Gives the canvas the room that the stage and the window have, and lays the list of regions over it.
    fit(canvas) {
        const { width, height } = automaskView.data;
        const room = canvas.parentElement.clientWidth;
        const by = Math.min(room / width, (window.innerHeight * this.TALL) / height);
        const box = { width: Math.floor(width * by), height: Math.floor(height * by) };
        const list = automaskView.element("regions");
        for (const element of [canvas, list]) Object.assign(element.style, { width: `${box.width}px`, height: `${box.height}px` });
        Object.assign(list.style, { left: `${canvas.offsetLeft}px`, top: `${canvas.offsetTop}px` });
        return box;
    },
    TALL: 0.68, // share of the window's height

    drawMask(context) {
        const { width, height, mask } = automaskView;
        const out = new Uint8Array(mask.length);
        for (const point of automaskView.points.left_out) automaskView.regionOf(point)?.mask.forEach((pixel, i) => pixel && (out[i] = 1));
        const tint = new ImageData(width, height);
        const stripe = Math.max(4, Math.round(width / 32));
        for (let i = 0; i < mask.length; i++) {
            const x = i % width, y = (i - x) / width;
            const striped = (x + y) % stripe < stripe / 2;
            if (mask[i]) tint.data.set([...this.MASK, striped ? this.OPACITY : this.OPACITY / 2], i * 4);
            else if (out[i]) tint.data.set([...this.OUT, striped ? this.OPACITY : 0], i * 4);
            else tint.data.set(this.REST, i * 4);
        }
        const layer = new OffscreenCanvas(width, height);
        layer.getContext("2d").putImageData(tint, 0, 0);
        context.imageSmoothingEnabled = false;
        context.drawImage(layer, 0, 0, context.canvas.width, context.canvas.height);
        context.imageSmoothingEnabled = true;
        if (this.outlined !== mask) {
            this.outlined = mask;
            this.outline = this.path(mask);
        }
        this.stroke(context, this.outline, `rgb(${this.MASK})`, 2);
    },

    // The outline of a mask, in view pixels.
    path(mask) {
        const path = new Path2D();
        const lines = automaskMask.edges(mask, automaskView.width, automaskView.height);
        for (let i = 0; i < lines.length; i += 4) {
            path.moveTo(lines[i], lines[i + 1]);
            path.lineTo(lines[i + 2], lines[i + 3]);
        }
        return path;
    },

    stroke(context, path, colour, width, dash = []) {
        context.save();
        context.scale(this.unit, this.unit);
        context.lineWidth = (width * (window.devicePixelRatio || 1)) / this.unit;
        context.setLineDash(dash.map((length) => length / this.unit));
        context.lineCap = "round";
        context.strokeStyle = colour;
        context.stroke(path);
        context.restore();
    },

    drawRegions(context) {
        const active = automaskView.regions[automaskView.active];
        for (const region of automaskView.regions) {
            region.path ??= this.path(region.mask);
            if (region === active || automaskView.tool !== "pick") continue;
            this.stroke(context, region.path, "rgba(255, 255, 255, 0.35)", 1);
        }
        if (!active || automaskView.tool !== "pick") return;
        this.stroke(context, active.path, "rgba(0, 0, 0, 0.85)", 5);
        this.stroke(context, active.path, "#ffffff", 2.5);
        const status = automaskView.statusOf(active);
        const text = [automaskPointer.label(active), status].filter(Boolean).join(" · ");
        const box = active.box;
        this.tag(context, text, ((box[0] + box[2]) / 2) * automaskView.scale, box[1] * automaskView.scale);
    },

    // Where what was not found is likeliest.
    drawHottest(context, dots) {
        for (const [phrase, [x, y]] of Object.entries(automaskView.data.hottest ?? {})) {
            const at = [x * automaskView.scale * this.unit, y * automaskView.scale * this.unit];
            context.beginPath();
            context.arc(...at, 9 * dots, 0, 2 * Math.PI);
            for (const [colour, width] of [["rgba(0, 0, 0, 0.85)", 5], ["#ffd54a", 2.5]]) {
                context.strokeStyle = colour;
                context.lineWidth = width * dots;
                context.setLineDash([4 * dots, 3 * dots]);
                context.stroke();
                context.setLineDash([]);
            }
            this.tag(context, `${phrase}?`, x * automaskView.scale, y * automaskView.scale - (14 * dots) / this.unit);
        }
    },

    // A label whose lower edge lies on a view pixel, kept inside the canvas.
    tag(context, text, x, y) {
        const dots = window.devicePixelRatio || 1;
        context.font = `600 ${13 * dots}px system-ui, sans-serif`;
        const width = context.measureText(text).width + 14 * dots, height = 22 * dots;
        const left = Math.min(context.canvas.width - width - 2, Math.max(2, x * this.unit - width / 2));
        const top = Math.min(context.canvas.height - height - 2, Math.max(2, y * this.unit - height - 4 * dots));
        context.fillStyle = "rgba(17, 20, 28, 0.88)";
        context.beginPath();
        context.roundRect ? context.roundRect(left, top, width, height, 5 * dots) : context.rect(left, top, width, height);
        context.fill();
        context.fillStyle = "#ffffff";
        context.textBaseline = "middle";
        context.fillText(text, left + 7 * dots, top + height / 2);
    },

    // The brush, and the stroke that is being drawn.
    drawPointer(context, dots) {
        const stroke = automaskPointer.stroke;
        const at = automaskView.scale * this.unit;
        if (stroke) {
            context.beginPath();
            stroke.points.forEach(([x, y]) => context.lineTo(x * at, y * at));
            context.lineTo(stroke.points.at(-1)[0] * at, stroke.points.at(-1)[1] * at + 0.01);
            context.lineCap = context.lineJoin = "round";
            context.lineWidth = stroke.radius * 2 * at;
            context.strokeStyle = stroke.sign === "+" ? `rgba(${this.MASK}, 0.55)` : "rgba(255, 255, 255, 0.55)";
            context.stroke();
        }
        if (automaskView.tool === "pick" || !automaskPointer.pointer) return;
        const [x, y] = automaskPointer.pointer;
        context.beginPath();
        context.arc(x * this.unit, y * this.unit, automaskTools.radius() * at, 0, 2 * Math.PI);
        context.lineWidth = 1.5 * dots;
        context.strokeStyle = "#ffffff";
        context.stroke();
    },
};
