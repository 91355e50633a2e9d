"use strict";

// The infotext of a picture's file does not reach the server in every case: Forge's canvas sends bare pixels. So this
// script reads each file that is put into the page. It cuts out the parts that hold text and sends them in a hidden control,
// together with the mean colours of small cells; the server reads the text and uses it for that picture alone.
const automaskOrigin = {
    LATEST: 4, // pictures that are sent along
    LONGEST: 100000, // bytes of text of one picture
    GRID: 128, // cells along the longer side, as in lib_automask/webui/infotext.py
    pictures: [],

    // The parts of a file that may hold an infotext: {png} or {exif} as bytes, or null.
    parts(bytes) {
        const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
        const found =
            text(1, 4) === "PNG" ? this.ofPng(bytes, text)
            : bytes[0] === 0xff && bytes[1] === 0xd8 ? this.ofJpeg(bytes, text)
            : text(0, 4) === "RIFF" && text(8, 12) === "WEBP" ? this.ofWebp(bytes, text)
            : null;
        return found && Object.values(found)[0].length <= this.LONGEST ? found : null;
    },

    // A PNG without its pixels: signature, header, EXIF and the text named "parameters".
    ofPng(bytes, text) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const kept = [bytes.subarray(0, 8)];
        let found = false;
        for (let at = 8; at + 12 <= bytes.length; ) {
            const end = at + 12 + view.getUint32(at);
            const kind = text(at + 4, at + 8);
            const isText = kind === "eXIf" || (["tEXt", "zTXt", "iTXt"].includes(kind) && text(at + 8, at + 19) === "parameters\0");
            found ||= isText;
            if (isText || kind === "IHDR" || kind === "IEND") kept.push(bytes.subarray(at, end));
            at = end;
        }
        return found ? { png: this.joined(kept) } : null;
    },

    // The EXIF of a JPEG, from its first APP1 segment of that kind.
    ofJpeg(bytes, text) {
        for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; ) {
            const end = at + 2 + bytes[at + 2] * 256 + bytes[at + 3];
            if (bytes[at + 1] === 0xe1 && text(at + 4, at + 8) === "Exif") return { exif: bytes.subarray(at + 4, end) };
            at = end;
        }
        return null;
    },

    ofWebp(bytes, text) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let at = 12; at + 8 <= bytes.length; ) {
            const length = view.getUint32(at + 4, true);
            if (text(at, at + 4) === "EXIF") return { exif: bytes.subarray(at + 8, at + 8 + length) };
            at += 8 + length + (length % 2);
        }
        return null;
    },

    joined(parts) {
        const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
        parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
        return whole;
    },

    // Mean colours, RGB, of square cells, row by row; the last of a row or column may be narrower.
    cells(rgba, width, height) {
        const side = Math.ceil(Math.max(width, height) / this.GRID);
        const columns = Math.ceil(width / side);
        const sums = new Float64Array(columns * Math.ceil(height / side) * 4);
        for (let y = 0, at = 0; y < height; y++) {
            const row = Math.floor(y / side) * columns;
            for (let x = 0; x < width; x++, at += 4) {
                const cell = (row + Math.floor(x / side)) * 4;
                for (let band = 0; band < 3; band++) sums[cell + band] += rgba[at + band];
                sums[cell + 3]++;
            }
        }
        return Uint8Array.from({ length: (sums.length / 4) * 3 }, (_, index) => {
            const cell = Math.floor(index / 3) * 4;
            return Math.round(sums[cell + (index % 3)] / sums[cell + 3]);
        });
    },

    // Size and cells of a picture, drawn as the canvas draws it.
    async measure(file) {
        const picture = new Image();
        picture.src = URL.createObjectURL(file);
        await picture.decode();
        const canvas = document.createElement("canvas");
        const width = (canvas.width = picture.naturalWidth);
        const height = (canvas.height = picture.naturalHeight);
        const context = canvas.getContext("2d");
        context.drawImage(picture, 0, 0);
        URL.revokeObjectURL(picture.src);
        return { width, height, cells: this.cells(context.getImageData(0, 0, width, height).data, width, height) };
    },

    base64(bytes) {
        let text = "";
        for (const byte of bytes) text += String.fromCharCode(byte);
        return btoa(text);
    },

    // Reads one file and keeps its text with its cells. A file that cannot be read is left out.
    async read(file) {
        try {
            const parts = this.parts(new Uint8Array(await file.arrayBuffer()));
            if (!parts) return;
            const entry = { ...parts, ...(await this.measure(file)) };
            for (const name of Object.keys(entry)) if (entry[name] instanceof Uint8Array) entry[name] = this.base64(entry[name]);
            const others = this.pictures.filter((other) => other.cells !== entry.cells);
            this.pictures = [...others, entry].slice(-this.LATEST);
            const control = gradioApp().querySelector("#automask_page_texts textarea, #automask_page_texts input");
            control.value = JSON.stringify(this.pictures);
            updateInput(control);
        } catch (error) {
            console.warn("automask: a file's text was not read:", error);
        }
    },

    // Reads the files of the results that a button sends on.
    async readShown(sender) {
        const tab = sender.id.split("_send_to_")[0];
        const shown = gradioApp().querySelectorAll(`#${tab}_gallery img`);
        for (const source of new Set([...shown].slice(0, this.LATEST).map((image) => image.src))) {
            const answer = await fetch(source).catch(() => null);
            if (answer?.ok) await this.read(await answer.blob());
        }
    },
};

// Files come by a file input, by drop and by paste, anywhere in the page; what is sent from tab to tab came so too. Only
// the results of a run did not: their files are read when a button sends them on.
for (const [event, transfer] of [["change", "target"], ["drop", "dataTransfer"], ["paste", "clipboardData"]]) {
    window.addEventListener(event, (happened) => {
        const files = [...(happened[transfer]?.files ?? [])];
        files.slice(-automaskOrigin.LATEST).forEach((file) => automaskOrigin.read(file));
    }, true);
}
window.addEventListener("click", (happened) => {
    const sender = happened.target.closest?.("[id*='_send_to_img2img'], [id*='_send_to_inpaint']");
    if (sender) automaskOrigin.readShown(sender);
}, true);
