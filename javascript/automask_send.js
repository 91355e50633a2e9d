"use strict";

// Picture and mask to the tabs Inpaint and Inpaint upload, and the mask that was painted in Inpaint back.
const automaskSend = {
    TABS: { Inpaint: 2, Upload: 4 }, // positions in the row of the img2img tab, as in both hosts
    WAIT: 8000, // ms until a picture has arrived; a guess
    LOOK: 100,

    // Full size, to the pixel: {picture, mask} as addresses of PNGs; null if the server has forgotten the picture.
    async whole() {
        const answer = await automaskPanel.ask({ want: "pictures" });
        if (answer.error) automaskPanel.tell(answer.error, true);
        return answer.error ? null : answer;
    },

    async toUpload() {
        const whole = await this.whole();
        if (!whole) return;
        await this.openTab(this.TABS.Upload, "img_inpaint_mask");
        await this.fill("img_inpaint_base", whole.picture, "picture.png");
        await this.fill("img_inpaint_mask", whole.mask, "mask.png");
        automaskPanel.tell("Picture and mask are in Inpaint upload.");
    },

    async toInpaint() {
        const whole = await this.whole();
        if (!whole) return;
        await this.openTab(this.TABS.Inpaint, "img2maskimg");
        const canvas = this.canvasTexts();
        if (canvas) {
            this.set(canvas.background, whole.picture);
            await this.pause(600); // the canvas empties its drawing when the picture arrives
            this.set(canvas.foreground, await this.brushed(whole.mask));
        } else {
            await this.fill("img2maskimg", whole.picture, "picture.png");
            await this.paintSketch(whole.mask);
        }
        automaskPanel.tell("Picture and mask are in Inpaint.");
    },

    // The mask that was painted in Inpaint becomes brush strokes here.
    async fromInpaint() {
        const view = automaskView;
        if (!view.data) return automaskPanel.tell("Press Preview first.");
        const canvas = this.canvasTexts();
        const source = canvas ? await this.load(canvas.foreground.value) : gradioApp().querySelector("#img2maskimg canvas[key=mask]");
        const mask = source && this.opaque(source, view.width, view.height);
        if (!mask?.some(Boolean)) return automaskPanel.tell("There is no mask in Inpaint.");
        view.change(() => view.strokes.push(...automaskMask.asStrokes(mask, view.width, view.height, view.scale)));
    },

    // Its image boxes take files once they are seen.
    async openTab(position, id) {
        gradioApp().querySelectorAll("#mode_img2img > div:first-child button")[position]?.click();
        await this.wait(() => gradioApp().querySelector(`#${id}`)?.offsetParent);
        await this.pause(300);
    },

    // Forge's canvas keeps picture and drawing as text in two hidden boxes behind it; null on other hosts.
    canvasTexts() {
        const canvas = gradioApp().querySelector("#img2maskimg .forge-container");
        if (!canvas) return null;
        const name = canvas.id.replace("container_", "");
        const text = (layer) => gradioApp().querySelector(`#${name}.logical_image_${layer} textarea`);
        return { foreground: text("foreground"), background: text("background") };
    },

    set(control, value) {
        control.value = value;
        updateInput(control);
    },

    pause: (time) => new Promise((done) => setTimeout(done, time)),

    // Waits for what `look` finds; undefined if it does not come.
    async wait(look) {
        for (const end = Date.now() + this.WAIT; Date.now() < end; await this.pause(this.LOOK)) {
            const found = look();
            if (found) return found;
        }
    },

    // Puts a picture into an image box of gradio, as if the person had chosen the file.
    async fill(id, address, name) {
        const find = (what) => gradioApp().querySelector(`#${id} ${what}`);
        find("button:is([aria-label='Clear'], [aria-label='Remove Image'])")?.click();
        const input = await this.wait(() => find("input[type=file]"));
        const files = new DataTransfer();
        files.items.add(new File([await (await fetch(address)).blob()], name, { type: "image/png" }));
        input.files = files.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
        await this.wait(() => find("img"));
    },

    load(address) {
        return new Promise((done) => {
            const picture = new Image();
            picture.onload = () => done(picture);
            picture.onerror = () => done(null);
            picture.src = address;
        });
    },

    // The mask as a brush leaves it: opaque where it is white, transparent elsewhere.
    async brushedCanvas(address, colour) {
        const picture = await this.load(address);
        const canvas = document.createElement("canvas");
        canvas.width = picture.naturalWidth;
        canvas.height = picture.naturalHeight;
        const context = canvas.getContext("2d");
        context.drawImage(picture, 0, 0);
        const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < pixels.data.length; i += 4) pixels.data.set([...colour, pixels.data[i] > 127 ? 255 : 0], i);
        context.putImageData(pixels, 0, 0);
        return canvas;
    },

    brushed: async (address) => (await automaskSend.brushedCanvas(address, [255, 255, 255])).toDataURL("image/png"),

    // Paints into the sketch of gradio 3: onto its canvas, and then a stroke outside, after which it takes the canvas over.
    async paintSketch(address) {
        const find = (key) => gradioApp().querySelector(`#img2maskimg canvas[key=${key}]`);
        const drawn = await this.brushedCanvas(address, [0, 0, 0]);
        await this.wait(() => find("mask")?.width === drawn.width);
        await this.pause(400); // it empties itself once more when the picture has its size
        find("mask").getContext("2d").drawImage(drawn, 0, 0);
        for (const name of ["mousedown", "mousemove", "mouseup"]) {
            find("interface").dispatchEvent(new MouseEvent(name, { bubbles: true, clientX: -9999, clientY: -9999 }));
        }
    },

    // Where a drawing is opaque, at the size of the view.
    opaque(source, width, height) {
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext("2d");
        context.drawImage(source, 0, 0, width, height);
        const { data } = context.getImageData(0, 0, width, height);
        return Uint8Array.from({ length: width * height }, (_, i) => (data[i * 4 + 3] > 127 ? 1 : 0));
    },
};
