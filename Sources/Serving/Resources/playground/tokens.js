// A reply as a list of tokens, each shaded by how far the composite is from the tuned model there.

import { element } from "./dom.js";

let lists = 0;

export class Tokens {
    /** @param shown called with a token's node and attributions, and with nothing when it is left. */
    constructor(label, shown) {
        this.id = `tokens-${(lists += 1)}`;
        this.shown = shown;
        this.groups = [];
        this.pending = [];
        this.active = -1;
        this.node = element("div", {
            class: "tokens", tabindex: 0, role: "listbox", "aria-label": label,
            "aria-orientation": "horizontal",
            onkeydown: (event) => this.walk(event),
            onfocus: () => this.activate(Math.max(this.active, 0)),
            onblur: () => this.leave(),
            onpointerover: (event) => this.point(event),
            onpointerleave: (event) => event.pointerType === "mouse" && this.leave(),
        });
    }

    /**
     * Adds a token. Its text may be empty while a character, or what may be a stop string, is not
     * complete: such tokens are shown together with the one that completes them.
     */
    add(attribution, text, isCode) {
        this.pending.push(attribution);
        if (text) this.close(text, isCode ? "code" : "");
    }

    /** Adds what was held back until the end, and the mark that ends the reply. */
    finish(text = "") {
        if (text) this.close(text);
        if (this.pending.length) this.close(this.pending.at(-1).token, "mark");
    }

    close(text, kind = "") {
        const index = this.groups.length;
        const group = this.pending;
        this.pending = [];
        const node = element("span", {
            id: `${this.id}-${index}`, class: `token ${kind}`.trim(), role: "option",
            "aria-selected": "false", "aria-label": text.trim() ? undefined : blank(text),
        }, text);
        const variation = Math.max(0, ...group.map((token) => token.total_variation ?? 0));
        node.style.setProperty("--variation", variation.toFixed(3));
        if (group.some((token) => token.agrees === false)) node.classList.add("changed");
        this.groups.push({ node, group });
        this.node.append(node);
    }

    walk(event) {
        const last = this.groups.length - 1;
        const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
        let index;
        if (event.key in steps) index = this.active + steps[event.key];
        else if (event.key === "Home") index = 0;
        else if (event.key === "End") index = last;
        else return;
        event.preventDefault();
        this.activate(Math.min(Math.max(index, 0), last));
    }

    point(event) {
        const index = this.groups.findIndex(({ node }) => node.contains(event.target));
        if (index >= 0) this.activate(index);
    }

    activate(index) {
        const entry = this.groups[index];
        if (!entry) return;
        this.groups[this.active]?.node.setAttribute("aria-selected", "false");
        this.active = index;
        entry.node.setAttribute("aria-selected", "true");
        this.node.setAttribute("aria-activedescendant", entry.node.id);
        this.shown(entry.node, entry.group);
    }

    leave() {
        this.groups[this.active]?.node.setAttribute("aria-selected", "false");
        this.shown();
    }
}

/** White space in words. */
function blank(text) {
    if (text.includes("\n")) return "line break";
    return text.includes("\t") ? "tab" : "space";
}
