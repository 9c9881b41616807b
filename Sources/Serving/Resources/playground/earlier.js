// The answer from before a setting was changed, beside the new one, with the words that differ marked.

import { Answer } from "./answer.js";
import { element } from "./dom.js";
import { markDifferences, unmark } from "./marks.js";

export class Earlier {
    /**
     * @param old the text, and the settings that it was made with, as a map of names to values.
     * @param now the settings of the new answer.
     * @param dismissed called when the person has had enough of it.
     */
    constructor(old, now, view, dismissed) {
        this.answer = new Answer(view);
        this.answer.add(old.text);
        this.answer.complete();
        this.summary = element("p", { class: "status" });
        const changed = [...old.chosen].filter(([name, value]) => now.get(name) !== value);
        const values = changed.map(([name, value]) => `${name} ${value}`).join(", ");
        this.node = element(
            "section", { class: "earlier", "aria-label": "The answer before the change" },
            element(
                "div", { class: "heading" },
                element("h3", {}, values ? `Before, with ${values}` : "Before"),
                element("button", {
                    type: "button", "aria-label": "Dismiss the answer from before", onclick: dismissed,
                }, "Dismiss")),
            this.answer.node, this.summary);
    }

    /** Marks what differs, once the new answer is complete. */
    compare(fresh) {
        this.fresh = fresh;
        const isSame = this.answer.text === fresh.text;
        this.answer.node.hidden = isSame;
        this.mark();
    }

    mark() {
        if (!this.fresh) return;
        const { removed, added } = markDifferences(this.answer.node, this.fresh.node);
        this.summary.textContent = removed + added === 0
            ? "The new answer says the same, word for word."
            : `${count(removed)} struck through here; ${count(added)} underlined in the new answer.`;
    }

    unmark() {
        for (const answer of [this.answer, this.fresh]) if (answer) unmark(answer.node);
    }

    show(view) {
        this.answer.show(view);
        this.mark();
    }
}

const count = (number) => (number === 1 ? "1 word is" : `${number} words are`);
