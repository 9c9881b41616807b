// The panel that explains a token.

import { candidates, percent, tuned, visible } from "./candidates.js";
import { announce, byId, element } from "./dom.js";

/** Pixels: from the token, from the window's edge with that, and the least height of the panel. */
const gap = 4, margin = 8, leastHeight = 96;

/** The panel beside the token that is looked at. */
export class Details {
    constructor() {
        this.panel = byId("details");
        this.panel.addEventListener("pointerenter", () => clearTimeout(this.leaving));
        this.panel.addEventListener("pointerleave", () => this.hideSoon());
        this.panel.addEventListener("focusin", () => clearTimeout(this.leaving));
        this.panel.addEventListener("focusout", () => this.hideSoon());
        document.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
        addEventListener("scroll", () => this.place(), { passive: true });
        addEventListener("resize", () => this.place());
    }

    /** @param group the attributions of the tokens that make up what the anchor shows. */
    show(anchor, group, card) {
        clearTimeout(this.leaving);
        this.anchor = anchor;
        this.panel.replaceChildren(...group.flatMap((token) => this.describe(token, card)));
        this.panel.hidden = false;
        this.place();
        announce(group.map((token) => summary(token, card)).join(" "));
    }

    /** Hides, unless the pointer comes to the panel meanwhile. */
    hideSoon() {
        clearTimeout(this.leaving);
        this.leaving = setTimeout(() => this.hide(), 250);
    }

    hide() {
        this.panel.hidden = true;
        this.anchor = undefined;
    }

    /** Below the token where there is room, else on the side where there is more; never over it. */
    place() {
        if (!this.anchor) return;
        if (!this.anchor.isConnected) return this.hide();
        const token = this.anchor.getBoundingClientRect();
        const { style } = this.panel;
        style.setProperty("--room", "none");
        const [above, below] = [token.top - margin, innerHeight - token.bottom - margin];
        const { offsetWidth: width, offsetHeight: wanted } = this.panel;
        const isBelow = wanted <= below || below >= above;
        const height = Math.min(wanted, Math.max(isBelow ? below : above, leastHeight));
        const top = isBelow ? Math.min(token.bottom + gap, innerHeight - height) : token.top - gap - height;
        const left = Math.min(token.left, document.documentElement.clientWidth - width - margin);
        style.setProperty("--room", `${height}px`);
        style.setProperty("--left", `${Math.max(margin, left)}px`);
        style.setProperty("--top", `${Math.max(0, top)}px`);
    }

    describe(token, card) {
        const facts = [draft(token, card), distance(token, card)];
        return [
            element(
                "p", { class: "heading" },
                element("strong", {}, visible(token.token)), ` ${percent(token.logprob)}`),
            element("p", { class: "facts" }, facts.filter(Boolean).join(" ")),
            ...candidates(token, card),
        ];
    }
}

/** Whether a token was proposed here, and what became of it. */
function draft(token, card) {
    const { draft } = card.eft;
    if (!draft || token.alone === undefined) return "";
    const alone = `${draft} alone would have said “${visible(token.alone)}”`;
    if (token.drafted) {
        return token.agrees ? `${draft} proposed it, and it was accepted.` : `A draft was rejected: ${alone}.`;
    }
    return token.agrees ? `${draft} alone would have said the same.` : `${alone}.`;
}

/** How far the composite is from the tuned model. */
function distance(token, card) {
    if (token.total_variation === undefined) return "";
    const value = token.total_variation.toFixed(3);
    return `The composite and ${tuned(card)} differ by a total variation ${value}.`;
}

function summary(token, card) {
    const facts = [
        `${visible(token.token)}: ${percent(token.logprob)}.`, draft(token, card), distance(token, card),
    ];
    return facts.filter(Boolean).join(" ");
}
