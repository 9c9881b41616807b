// The table of a token and the likeliest others in its place: what each member says about them.

import { element, signed } from "./dom.js";

const nats = (value) => (value <= -9999 ? "−∞" : signed(value, 3));
const part = (value) => (Math.abs(value) >= 9999 ? (value < 0 ? "−∞" : "+∞") : signed(value, 3, "+"));
const delta = (value) => (value === undefined ? "" : part(value));

/** A probability, of its logarithm. */
export const percent = (logProbability) => {
    const value = 100 * Math.exp(logProbability);
    return `${value < 0.1 && value > 0 ? value.toPrecision(1) : value.toFixed(1)} %`;
};

/** A token's text, white space made visible. */
export const visible = (text) =>
    text.replaceAll(" ", "␣").replaceAll("\n", "⏎").replaceAll("\t", "⇥");

/** What the tuned model is called: the fallback formula is often just a member. */
export const tuned = ({ eft: { members, fallback } }) =>
    members.includes(fallback) ? fallback : "the tuned model";

/** The table, and below it what its columns are. */
export function candidates(token, card) {
    const others = (token.top ?? []).filter(({ id }) => id !== token.id);
    const rows = [token, ...others].sort((a, b) => b.logprob - a.logprob);
    const columns = columnsFor(rows, token, card);
    const head = columns.map(({ title }) => element("th", { scope: "col", role: "columnheader" }, title));
    const body = rows.map((row) => element(
        "tr", { role: "row", class: row.id === token.id ? "drawn" : undefined, "data-token": row.id },
        ...columns.map(({ key, title, cell }, index) => element(
            index ? "td" : "th", {
                scope: index ? undefined : "row", role: index ? "cell" : "rowheader",
                "data-column": key, "data-title": title,
            }, ...[cell(row)].flat()))));
    const notes = columns.filter(({ note }) => note).map(({ title, name = title, note }) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, note)));
    return [
        element(
            "div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Candidates" },
            // Small windows show rows as blocks, which would make it no table: hence the roles.
            element(
                "table", { class: "candidates", role: "table", "aria-label": "Candidates for this place" },
                element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
                element("tbody", { role: "rowgroup" }, ...body))),
        element("dl", { class: "notes" }, ...notes),
    ];
}

function columnsFor(rows, token, card) {
    const { members, fallback } = card.eft;
    const has = (key) => rows.some((row) => row[key] !== undefined);
    const list = [
        { key: "token", title: "Token", cell: (row) => name(row, token) },
        {
            key: "p", title: "Chance", cell: (row) => percent(row.logprob),
            note: "how likely the composite finds the token",
        },
        {
            key: "composite", title: "Score", cell: (row) => nats(row.logprob),
            note: "the logarithm of the chance, in nats; 0 is certain",
        },
        ...members.map((member, index) => ({
            key: member, title: member, cell: (row) => opinion(row, member),
            name: members.join(", "),
            note: index ? undefined : "each member's own score; below it, what it adds to the composite's",
        })),
    ];
    if (has("tuned")) {
        list.push({
            key: "tuned", title: `${members.includes(fallback) ? fallback : "Tuned"} alone`,
            cell: (row) => percent(row.tuned), note: `the chance that ${tuned(card)} gives the token`,
        });
    }
    if (has("behaviour_delta")) {
        list.push({
            key: "behaviour", title: "Tuning", cell: (row) => delta(row.behaviour_delta),
            note: "how much fine-tuning raises the score",
        }, {
            key: "up-scaling", title: "Size", cell: (row) => delta(row.upscaling_delta),
            note: "how much the larger size raises the score",
        });
    }
    return list;
}

/** A candidate, and whether it was chosen, or the formula has no say in it. */
function name(row, token) {
    const parts = [visible(row.token)];
    if (row.id === token.id) parts.push(element("span", { class: "tag" }, "chosen"));
    if (row.fallback) parts.push(element("span", { class: "tag" }, "fallback"));
    return parts;
}

function opinion(row, name) {
    const value = row.members[name];
    if (value === undefined || value === null) return "not asked";
    const contribution = row.contributions[name];
    if (contribution === undefined) return nats(value);
    return [nats(value), element("span", { class: "part" }, part(contribution))];
}
