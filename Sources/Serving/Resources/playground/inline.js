// What is in a line of Markdown: emphasis, code, links. It becomes nodes; HTML in it stays text.

import { element } from "./dom.js";

const special = /[\\`*_~<[]|!\[|https?:\/\//g;
const link = /!?\[([^[\]]*)\]\( ?<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)?)>?(?:\s+"[^"]*")?\s*\)/y;
const unfinishedLink = /\[([^[\]]*)\]\([^\s()]*$/y;
const bare = /https?:\/\/[^\s<>"'`]+/y;
const bracketed = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y;
const protocols = new Set(["http:", "https:", "mailto:"]);

/** So many marks of emphasis may be open at once; further ones are text. */
const deepest = 20;

/** @param isPartial whether the text goes on: what is open then counts as closed at its end. */
export function inline(text, isPartial = false) {
    // What the last marks are about is not known yet.
    if (isPartial) text = withoutLast(text, "*_~`");
    const emphasis = new Emphasis();
    let [place, plain] = [0, 0];
    const take = (end, ...nodes) => {
        emphasis.add(text.slice(plain, place), ...nodes);
        place = plain = end;
    };
    const without = new Set();
    while (place < text.length) {
        special.lastIndex = place;
        const match = special.exec(text);
        if (!match) break;
        place = match.index;
        const mark = match[0];
        if (mark === "\\") {
            const next = text[place + 1] ?? "";
            if (next === "\n") take(place + 1);
            else if (/[!-/:-@[-`{-~]/.test(next)) take(place + 2, next);
            else place += 1;
        } else if (mark === "`") {
            const run = /`+/y;
            run.lastIndex = place;
            const [ticks] = run.exec(text);
            const start = place + ticks.length;
            const end = without.has(ticks.length) ? -1 : closing(text, start, ticks.length);
            if (end >= 0) take(end + ticks.length, code(text.slice(start, end)));
            else if (isPartial && !text.includes("\n", start)) take(text.length, code(text.slice(start)));
            else {
                without.add(ticks.length);
                place = start;
            }
        } else if (mark === "[" || mark === "![") {
            const found = sticky(link, text, place);
            const open = isPartial && mark === "[" && sticky(unfinishedLink, text, place);
            const address = found && mark === "[" && safe(found[2]);
            if (address) take(place + found[0].length, anchor(address, inline(found[1])));
            // No picture is loaded, and no other address is led to: they are shown as they are written.
            else if (found) take(place + found[0].length, found[0]);
            else if (open) take(text.length, ...inline(open[1]));
            else place += mark.length;
        } else if (mark === "<") {
            const found = sticky(bracketed, text, place);
            const address = found && safe(found[1]);
            if (address) take(place + found[0].length, anchor(address, [found[1]]));
            else place += 1;
        } else if (mark.length > 2) {
            const [found] = sticky(bare, text, place) ?? [""];
            // A full stop, or a bracket that was open before, is not the address's.
            const written = withoutLast(found, found.includes("(") ? ".,;:!?*_~]" : ".,;:!?*_~])");
            const address = safe(written);
            if (address) take(place + written.length, anchor(address, [written]));
            else place += mark.length;
        } else {
            let end = place;
            while (text[end] === mark) end += 1;
            take(place);
            emphasis.run(text, place, end);
            place = plain = end;
        }
    }
    place = text.length;
    take(place);
    return emphasis.end(isPartial);
}

function sticky(pattern, text, place) {
    pattern.lastIndex = place;
    return pattern.exec(text);
}

/** A text without the characters of a set at its end. */
function withoutLast(text, set) {
    let end = text.length;
    while (end > 0 && set.includes(text[end - 1])) end -= 1;
    return text.slice(0, end);
}

/** Where a run of just so many backticks begins; −1: nowhere. */
function closing(text, from, length) {
    for (let start = text.indexOf("`", from); start >= 0;) {
        let end = start;
        while (text[end] === "`") end += 1;
        if (end - start === length) return start;
        start = text.indexOf("`", end);
    }
    return -1;
}

function code(text) {
    const inner = text.replaceAll("\n", " ");
    return element("code", {}, /^ .*[^ ].* $/.test(inner) ? inner.slice(1, -1) : inner);
}

/** An address that a link may lead to; undefined for every other. */
function safe(text) {
    try {
        const url = new URL(text);
        return protocols.has(url.protocol) ? url.href : undefined;
    } catch {
        return undefined;
    }
}

const anchor = (address, children) => element(
    "a", { href: address, title: address, rel: "noopener noreferrer", target: "_blank" }, ...children);

/** Emphasis as CommonMark has it: every run of marks that may open is a frame of its own. */
class Emphasis {
    constructor() {
        this.frames = [{ mark: "", count: 0, children: [] }];
    }

    add(...nodes) {
        this.frames.at(-1).children.push(...nodes.filter((node) => node !== ""));
    }

    run(text, start, end) {
        const [before, after] = [text[start - 1] ?? " ", text[end] ?? " "];
        const [mark, isSpace, isMark] = [text[start], /\s/, /[\p{P}\p{S}]/u];
        const isLeft = !isSpace.test(after)
            && (!isMark.test(after) || isSpace.test(before) || isMark.test(before));
        const isRight = !isSpace.test(before)
            && (!isMark.test(before) || isSpace.test(after) || isMark.test(after));
        // Names have underscores in them.
        const opens = isLeft && (mark !== "_" || !isRight || isMark.test(before));
        const closes = isRight && (mark !== "_" || !isLeft || isMark.test(after));
        let count = end - start;
        if (mark === "~" ? count !== 2 : count > 3) return this.add(mark.repeat(count));
        while (closes && count > 0) {
            const used = this.close(mark, count, opens);
            if (!used) break;
            count -= used;
        }
        if (!count) return;
        if (opens && this.frames.length <= deepest) this.frames.push({ mark, count, closes, children: [] });
        else this.add(mark.repeat(count));
    }

    /** Closes the nearest frame of a mark; how many marks that took. */
    close(mark, count, opens) {
        let index = this.frames.length - 1;
        while (index > 0 && !this.fits(this.frames[index], mark, count, opens)) index -= 1;
        if (!index) return 0;
        const frame = this.frames[index];
        const used = mark === "~" || (frame.count > 1 && count > 1) ? 2 : 1;
        const node = element(name(mark, used), {}, ...this.flatten(index + 1, frame.children));
        frame.count -= used;
        frame.children = [node];
        if (!frame.count) {
            this.frames.pop();
            this.add(node);
        }
        return used;
    }

    fits(frame, mark, count, opens) {
        if (frame.mark !== mark) return false;
        const isOdd = (opens || frame.closes) && (frame.count + count) % 3 === 0;
        return !isOdd || (frame.count % 3 === 0 && count % 3 === 0);
    }

    /** What follows in the frames from an index on, whose marks are just text. */
    flatten(index, nodes) {
        const rest = this.frames.splice(index);
        return nodes.concat(...rest.map(({ mark, count, children }) => [mark.repeat(count), ...children]));
    }

    end(isPartial) {
        if (!isPartial) return this.flatten(1, this.frames[0].children);
        while (this.frames.length > 1) {
            const { mark, count, children } = this.frames.pop();
            if (!children.length) continue;
            const node = element(name(mark, Math.min(count, 2)), {}, ...children);
            this.add(count === 3 ? element("em", {}, node) : node);
        }
        return this.frames[0].children;
    }
}

const name = (mark, count) => (mark === "~" ? "del" : count === 2 ? "strong" : "em");
