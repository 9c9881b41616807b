// What each member says about a token and about the likeliest others in its place.

import { announce, byId, element, signed } from "./dom.js";

const nats = (value) => (value <= -9999 ? "−∞" : signed(value, 3));
const part = (value) => (Math.abs(value) >= 9999 ? (value < 0 ? "−∞" : "+∞") : signed(value, 3, "+"));
const percent = (logProbability) => {
    const value = 100 * Math.exp(logProbability);
    return `${value < 0.1 && value > 0 ? value.toPrecision(1) : value.toFixed(1)} %`;
};

/** A token's text, white space made visible. */
export const visible = (text) =>
    text.replaceAll(" ", "␣").replaceAll("\n", "⏎").replaceAll("\t", "⇥");

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

    /** Below the token, or above where there is no room; on small screens CSS docks it. */
    place() {
        if (!this.anchor) return;
        if (!this.anchor.isConnected) return this.hide();
        const token = this.anchor.getClientRects()[0] ?? this.anchor.getBoundingClientRect();
        const { offsetWidth: width, offsetHeight: height } = this.panel;
        const left = Math.min(token.left, document.documentElement.clientWidth - width - 8);
        const isBelow = token.bottom + height + 12 < innerHeight || token.top < height + 12;
        this.panel.style.setProperty("--left", `${Math.max(8, left)}px`);
        this.panel.style.setProperty(
            "--top", `${isBelow ? token.bottom + 4 : token.top - height - 4}px`);
    }

    describe(token, card) {
        const facts = [draft(token, card)];
        if (token.total_variation !== undefined) {
            facts.push(`total variation ${token.total_variation.toFixed(3)}`);
        }
        return [
            element(
                "p", { class: "heading" },
                element("strong", {}, visible(token.token)), ` ${percent(token.logprob)}`),
            element("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
            this.table(token, card),
        ];
    }

    table(token, card) {
        const { members, fallback } = card.eft;
        const tuned = members.includes(fallback) ? `${fallback} alone` : "tuned alone";
        const others = (token.top ?? []).filter(({ id }) => id !== token.id);
        const rows = [token, ...others].sort((a, b) => b.logprob - a.logprob);
        const has = (key) => rows.some((row) => row[key] !== undefined);
        const columns = [
            ["token", (row) => name(row, token), "th"],
            ["p", (row) => percent(row.logprob)],
            ["composite", (row) => nats(row.logprob)],
            ...members.map((name) => [name, (row) => member(row, name)]),
        ];
        if (has("tuned")) columns.push([tuned, (row) => percent(row.tuned)]);
        if (has("behaviour_delta")) {
            columns.push(["behaviour", (row) => delta(row.behaviour_delta)]);
            columns.push(["up-scaling", (row) => delta(row.upscaling_delta)]);
        }
        const head = columns.map(([title]) => element("th", { scope: "col" }, title));
        const body = rows.map((row) => element(
            "tr", { class: row.id === token.id ? "drawn" : undefined, "data-token": row.id },
            ...columns.map(([title, cell, tag = "td"]) => element(
                tag, { scope: tag === "th" ? "row" : undefined, "data-column": title },
                ...[cell(row)].flat()))));
        return element(
            "div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Candidates" },
            element(
                "table", {},
                element(
                    "caption", {}, "log p in nats; small: the member's part of the score, weight × log p"),
                element("thead", {}, element("tr", {}, ...head)),
                element("tbody", {}, ...body)));
    }

}

/** A candidate, and whether it was drawn, or the formula has no say in it. */
function name(row, token) {
    const parts = [visible(row.token)];
    if (row.id === token.id) parts.push(element("span", { class: "tag" }, "drawn"));
    if (row.fallback) parts.push(element("span", { class: "tag" }, "fallback"));
    return parts;
}

function member(row, name) {
    const value = row.members[name];
    if (value === undefined || value === null) return "not asked";
    const contribution = row.contributions[name];
    if (contribution === undefined) return nats(value);
    return [nats(value), element("span", { class: "part" }, part(contribution))];
}

const delta = (value) => (value === undefined ? "" : part(value));

/** Whether a token was proposed here, and what became of it. */
function draft(token, card) {
    const { draft } = card.eft;
    if (!draft || token.alone === undefined) return "";
    if (token.agrees) {
        return token.drafted
            ? `drafted by ${draft}, accepted` : `not drafted; ${draft} alone would have said the same`;
    }
    const alone = `${draft} alone would have said “${visible(token.alone)}”`;
    return token.drafted ? `a draft was rejected: ${alone}` : `not drafted; ${alone}`;
}

function summary(token, card) {
    const facts = [`${visible(token.token)}: ${percent(token.logprob)}`, draft(token, card)];
    if (token.total_variation !== undefined) {
        facts.push(`total variation ${token.total_variation.toFixed(2)}`);
    }
    return facts.filter(Boolean).join("; ") + ".";
}
