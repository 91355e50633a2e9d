"use strict";

// Masks of the view as numbers: no page is touched here. A mask is a Uint8Array, one byte a view pixel, row by row.
const automaskMask = {
    // Run lengths, row by row, beginning with zeros.
    decode(runs, size) {
        const mask = new Uint8Array(size);
        let at = 0, value = 0;
        for (const length of runs) {
            if (value) mask.fill(1, at, at + length);
            at += length;
            value = 1 - value;
        }
        return mask;
    },

    // Squared distance of every pixel to the nearest one that has `value`; exact, by two passes of lower envelopes
    // (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", 2012).
    distances(mask, width, height, value) {
        const FAR = 1e9;
        const field = Float64Array.from(mask, (pixel) => (pixel === value ? 0 : FAR));
        const longest = Math.max(width, height);
        const line = new Float64Array(longest), site = new Int32Array(longest), bound = new Float64Array(longest + 1);
        const sweep = (start, step, count) => {
            for (let i = 0; i < count; i++) line[i] = field[start + i * step];
            let last = 0;
            site[0] = 0;
            bound[0] = -Infinity;
            bound[1] = Infinity;
            for (let i = 1; i < count; i++) {
                let cut;
                do {
                    const other = site[last];
                    cut = (line[i] + i * i - line[other] - other * other) / (2 * (i - other));
                } while (cut <= bound[last] && --last >= 0);
                site[++last] = i;
                bound[last] = cut;
                bound[last + 1] = Infinity;
            }
            for (let i = 0, at = 0; i < count; i++) {
                while (bound[at + 1] < i) at++;
                field[start + i * step] = (i - site[at]) ** 2 + line[site[at]];
            }
        };
        for (let x = 0; x < width; x++) sweep(x, width, height);
        for (let y = 0; y < height; y++) sweep(y * width, 1, width);
        return field;
    },

    // The mask grown by `by` view pixels; shrunk where that is negative.
    grown(mask, width, height, by) {
        if (Math.abs(by) < 0.5) return mask;
        const reach = by * by;
        const away = this.distances(mask, width, height, by > 0 ? 1 : 0);
        return Uint8Array.from(away, (distance) => (by > 0 ? distance <= reach : distance > reach) ? 1 : 0);
    },

    // Paints one stroke {sign, radius, points} into the mask, in view pixels.
    paint(mask, width, height, stroke) {
        const value = stroke.sign === "+" ? 1 : 0;
        const radius = Math.max(0.5, stroke.radius);
        const points = stroke.points;
        for (let i = 0; i < points.length; i++) {
            const from = points[Math.max(0, i - 1)], to = points[i];
            this.paintLine(mask, width, height, from, to, radius, value);
        }
    },

    // A line with round ends.
    paintLine(mask, width, height, [x0, y0], [x1, y1], radius, value) {
        const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
        const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius));
        const bottom = Math.min(height - 1, Math.ceil(Math.max(y0, y1) + radius));
        const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius));
        const right = Math.min(width - 1, Math.ceil(Math.max(x0, x1) + radius));
        for (let y = top; y <= bottom; y++) {
            for (let x = left; x <= right; x++) {
                const along = length ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
                const away = (x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2;
                if (away <= radius * radius) mask[y * width + x] = value;
            }
        }
    },

    // A pixel that names `chosen` among all masks, sorted from small to large: where the fewest smaller ones lie over
    // it, far from edges. Returns [x, y, level]: level counts the smaller ones that hold the pixel.
    namingPoint(sorted, chosen, width, height) {
        const over = new Uint16Array(chosen.length);
        for (const mask of sorted) {
            if (mask === chosen) break;
            for (let i = 0; i < over.length; i++) over[i] += mask[i];
        }
        let level = Infinity;
        for (let i = 0; i < over.length; i++) if (chosen[i] && over[i] < level) level = over[i];
        const region = chosen.map((pixel, i) => (pixel && over[i] === level ? 1 : 0));
        const away = this.distances(region, width, height, 0);
        let best = 0;
        for (let i = 0; i < away.length; i++) if (region[i] && away[i] > away[best]) best = i;
        return [best % width, Math.floor(best / width), level];
    },

    // The edges of a mask as lines along pixel borders: [x0, y0, x1, y1, …].
    edges(mask, width, height) {
        const lines = [];
        const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? mask[y * width + x] : 0);
        for (let y = 0; y <= height; y++) {
            for (let x = 0, from = -1; x <= width; x++) {
                const edge = x < width && at(x, y - 1) !== at(x, y);
                if (edge && from < 0) from = x;
                if (!edge && from >= 0) lines.push(from, y, x, y), (from = -1);
            }
        }
        for (let x = 0; x <= width; x++) {
            for (let y = 0, from = -1; y <= height; y++) {
                const edge = y < height && at(x - 1, y) !== at(x, y);
                if (edge && from < 0) from = y;
                if (!edge && from >= 0) lines.push(x, from, x, y), (from = -1);
            }
        }
        return lines;
    },

    // The mask as brush strokes in picture pixels: lines along rows so far apart that a few hundred describe it.
    asStrokes(mask, width, height, scale) {
        const step = Math.max(1, Math.ceil(height / this.STROKE_ROWS));
        const radius = step / 2;
        const strokes = [];
        for (let y = Math.floor(step / 2); y < height; y += step) {
            for (let x = 0; x < width; x++) {
                if (!mask[y * width + x]) continue;
                const from = x;
                while (x + 1 < width && mask[y * width + x + 1]) x++;
                const inset = Math.min(radius, (x - from) / 2);
                strokes.push({ sign: "+", radius: radius / scale, points: [[(from + inset) / scale, y / scale], [(x - inset) / scale, y / scale]] });
            }
        }
        return strokes;
    },
    STROKE_ROWS: 160, // rows of strokes that a mask becomes: 2–4 kB of text for one thing; a guess

    // "120,80; 300,44,1" as [{x, y, level}].
    parsePoints(text) {
        return text.split(";").filter((part) => part.trim()).map((part) => {
            const [x, y, level = 0] = part.split(",").map(Number);
            return { x, y, level };
        });
    },

    formatPoints(points) {
        return points.map(({ x, y, level }) => (level ? `${x},${y},${level}` : `${x},${y}`)).join("; ");
    },

    // "+12:30,40 60,45; -8:10,10" as [{sign, radius, points}].
    parseStrokes(text) {
        return text.split(";").filter((part) => part.trim()).map((part) => {
            const [head, line] = part.trim().split(":");
            const points = line.trim().split(/\s+/).map((pair) => pair.split(",").map(Number));
            return { sign: head[0], radius: Number(head.slice(1)), points };
        });
    },

    formatStrokes(strokes) {
        return strokes.map(({ sign, radius, points }) => {
            const line = points.map(([x, y]) => `${Math.round(x)},${Math.round(y)}`).join(" ");
            return `${sign}${Math.max(1, Math.round(radius))}:${line}`;
        }).join("; ");
    },
};
