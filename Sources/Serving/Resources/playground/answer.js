// The text of a reply in both views: as tokens, or as formatted text.

import { element } from "./dom.js";
import { Fence } from "./fence.js";
import { Markdown } from "./markdown.js";
import { Tokens } from "./tokens.js";

export class Answer {
    /**
     * @param view `tokens` or `text`.
     * @param listed the label of the list of tokens, where the text comes with attributions.
     * @param shown called with the token that is looked at.
     */
    constructor(view, listed, shown) {
        this.view = view;
        this.text = "";
        this.isComplete = false;
        this.fence = new Fence();
        this.raw = listed === undefined ? element("div", { class: "raw" }) : undefined;
        this.tokens = listed === undefined ? undefined : new Tokens(listed, shown);
        this.markdown = new Markdown();
        this.node = element("div", { class: "text" });
        this.show(view);
    }

    add(text, attributions = [], ending = false) {
        const isCode = this.fence.takes(text);
        this.text += text;
        for (const token of attributions) this.tokens?.add(token, text, isCode);
        if (ending) this.tokens?.finish(text);
        this.raw?.append(isCode ? element("span", { class: "code" }, text) : text);
        if (this.view === "text") this.format();
        // A list without tokens would be none.
        else if (this.tokens?.groups.length && !this.tokens.node.parentNode) this.show(this.view);
    }

    /** There is no more to come. */
    complete() {
        this.isComplete = true;
        if (this.view === "text") this.markdown.show(this.text, false);
    }

    show(view) {
        this.view = view;
        if (view === "text") {
            this.markdown.show(this.text, !this.isComplete);
            this.node.replaceChildren(this.markdown.node);
        } else {
            const shown = this.raw ?? (this.tokens.groups.length ? this.tokens.node : undefined);
            this.node.replaceChildren(...(shown ? [shown] : []));
        }
    }

    /** Once a frame, however fast the text comes. */
    format() {
        this.frame ??= requestAnimationFrame(() => {
            this.frame = undefined;
            if (this.view === "text" && !this.isComplete) this.markdown.show(this.text, true);
        });
    }
}
