// Marks in two shown texts the words in which they differ.

import { element } from "./dom.js";
import { differences } from "./words.js";

/** Marks what only one of them says; how many words that are, in the old and in the new. */
export function markDifferences(before, after) {
    const [old, fresh] = [read(before), read(after)];
    const { removed, added } = differences(old.text, fresh.text);
    wrap(old.pieces, removed, "del");
    wrap(fresh.pieces, added, "ins");
    return { removed: removed.count, added: added.count };
}

/** Takes the marks away. */
export function unmark(node) {
    for (const mark of node.querySelectorAll("del.word, ins.word")) {
        const parent = mark.parentNode;
        mark.replaceWith(...mark.childNodes);
        parent.normalize();
    }
}

/** A node's text, and the text nodes that it is made of; blocks are apart, the mark of the end is left out. */
function read(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) =>
        node.parentElement.closest(".mark") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const pieces = [];
    let text = "", last;
    while (walker.nextNode()) {
        const node = walker.currentNode;
        const block = node.parentElement.closest("p, h3, h4, h5, h6, li, th, td, pre, div");
        if (last && block !== last) text += "\n";
        last = block;
        pieces.push({ node, start: text.length, end: text.length + node.data.length });
        text += node.data;
    }
    return { text, pieces };
}

/** Puts what lies in the ranges into elements of a kind; both lists are in order. */
function wrap(pieces, ranges, tag) {
    let first = 0;
    for (const { node, start, end } of pieces) {
        while (first < ranges.length && ranges[first].end <= start) first += 1;
        const parts = [];
        let place = start;
        for (let index = first; index < ranges.length && ranges[index].start < end; index += 1) {
            const from = Math.max(ranges[index].start, start);
            const to = Math.min(ranges[index].end, end);
            parts.push(node.data.slice(place - start, from - start),
                element(tag, { class: "word" }, node.data.slice(from - start, to - start)));
            place = to;
        }
        if (parts.length) node.replaceWith(...parts.filter(Boolean), node.data.slice(place - start));
    }
}
