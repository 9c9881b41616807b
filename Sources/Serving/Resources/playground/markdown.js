// Shows a Markdown text while it grows: blocks that are complete keep their nodes.

import { blocks } from "./blocks.js";
import { element } from "./dom.js";
import { inline } from "./inline.js";

/** A last line of marks alone: what it will be is not known yet. */
const undecided = /^[ \t]*(?:[#>*+~`_|=-]{1,8}|\d{1,9}[.)]?)[ \t]*$/;

export class Markdown {
    constructor() {
        this.node = element("div", { class: "markdown" });
        this.keys = [];
    }

    /** @param isPartial whether there is more to come. */
    show(text, isPartial) {
        if (isPartial) {
            const start = text.lastIndexOf("\n") + 1;
            if (undecided.test(text.slice(start))) text = text.slice(0, start);
        }
        const list = blocks(text, isPartial);
        list.forEach((block, index) => {
            const isOpen = isPartial && index === list.length - 1;
            const key = `${isOpen}${block.source}`;
            if (this.keys[index] === key) return;
            this.keys[index] = key;
            const node = render(block, isOpen);
            const old = this.node.children[index];
            if (old) old.replaceWith(node);
            else this.node.append(node);
        });
        this.keys.length = list.length;
        while (this.node.children.length > list.length) this.node.lastChild.remove();
    }
}

function render(block, isOpen) {
    switch (block.kind) {
        case "code":
            return element("pre", {}, element("code", {}, block.text));
        case "heading":
            // Below the reply's own heading; the levels differ in their looks.
            return element("h3", { class: `level-${block.level}` }, ...inline(block.text, isOpen));
        case "rule":
            return element("hr");
        case "quote":
            return element("blockquote", {}, ...renderAll(block.blocks, isOpen));
        case "list":
            return element(
                block.isOrdered ? "ol" : "ul", { start: block.isOrdered ? block.first : undefined },
                ...block.items.map((item, index) => element(
                    "li", {}, ...renderAll(item, isOpen && index === block.items.length - 1))));
        case "table":
            return table(block, isOpen);
        default:
            return element("p", {}, ...inline(block.text, isOpen));
    }
}

const renderAll = (list, isOpen) =>
    list.map((block, index) => render(block, isOpen && index === list.length - 1));

function table({ head, rows }, isOpen) {
    const row = (cells, tag, isLast) => element("tr", {}, ...cells.map((cell) => element(
        cell ? tag : "td", { scope: cell && tag === "th" ? "col" : undefined }, ...inline(cell, isLast))));
    return element(
        "div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table" },
        element(
            "table", {}, element("thead", {}, row(head, "th", isOpen && !rows.length)),
            element("tbody", {}, ...rows.map(
                (cells, index) => row(cells, "td", isOpen && index === rows.length - 1)))));
}
