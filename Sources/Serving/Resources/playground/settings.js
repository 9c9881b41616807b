// What a person has chosen, where it differs from the recipe's defaults. It lives in the address's
// fragment, which browsers do not send.

const seedLimit = 2 ** 32;

/** Short enough to be read out. */
export const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0] % 10_000;

/** A number that a recipe lets be changed. */
class Knob {
    /** @param range the values there may be; @param slider those that a slider shows. */
    constructor(name, label, value, range, slider = range) {
        [this.name, this.label, this.default] = [name, label, value];
        [this.range, this.slider] = [range, slider];
        const [low, high] = slider;
        let step = 10 ** Math.floor(Math.log10((high - low) / 100 || 1));
        // The default must be a place where the slider can rest.
        while (step > 1e-6 && Math.abs((value - low) / step - Math.round((value - low) / step)) > 1e-6) {
            step /= 10;
        }
        this.step = Number(step.toPrecision(1));
    }

    clamp(value) {
        return Math.min(Math.max(value, this.range[0]), this.range[1]);
    }
}

/** A parameter of the formula. One without a range of its own gets a slider around its default. */
function parameter(name, { default: value, range }) {
    const reach = 2 * Math.max(1, Math.abs(value));
    const isWide = range[1] - range[0] > 1000;
    const slider = isWide ? [value - reach, value + reach] : range;
    return new Knob(`eft.${name}`, name, value, range, slider);
}

/** Everything about a recipe that can be turned: the formula's parameters first. */
export function knobs(card) {
    const { parameters, sampling, mask, formula } = card.eft;
    const names = Object.keys(parameters).sort((a, b) => formula.indexOf(a) - formula.indexOf(b));
    const all = names.map((name) => parameter(name, parameters[name]));
    if (mask?.nucleus !== undefined) {
        all.push(new Knob("nucleus", "Truncation p", mask.nucleus, [0.01, 1]));
    }
    all.push(new Knob("temperature", "Temperature", sampling.temperature, [0, 2]));
    all.push(new Knob("top_p", "Top-p", sampling.top_p, [0, 1]));
    return all;
}

export class Settings {
    constructor(fragment) {
        const fields = new URLSearchParams(fragment.replace(/^#/, ""));
        this.model = fields.get("model") ?? undefined;
        const seed = fields.has("seed") ? Number(fields.get("seed")) : NaN;
        this.seed = Number.isInteger(seed) && seed >= 0 && seed < seedLimit ? seed : randomSeed();
        /** Members shown beside the composite; undefined: the page's choice. */
        this.members = fields.get("members")?.split(",").filter(Boolean);
        this.question = fields.get("ask") ?? "";
        /** How replies are shown: as `tokens`, which can be explained, or as formatted `text`. */
        this.view = fields.get("view") === "text" ? "text" : "tokens";
        /** Tokens that the last prompt leaves for a reply; undefined: not known. */
        this.left = undefined;
        this.values = new Map();
        for (const [name, text] of fields) {
            const isKnob = name.startsWith("eft.")
                || ["nucleus", "temperature", "top_p", "max_tokens"].includes(name);
            const value = text.trim() === "" ? NaN : Number(text);
            if (isKnob && Number.isFinite(value)) this.values.set(name, value);
        }
    }

    value(knob) {
        return knob.clamp(this.values.get(knob.name) ?? knob.default);
    }

    set(knob, value) {
        if (value === knob.default) this.values.delete(knob.name);
        else this.values.set(knob.name, knob.clamp(value));
    }

    /** Tokens that a reply may have at most: those chosen, where so many are left of the context. */
    maxTokens(card) {
        return Math.min(this.wantedTokens(card), this.left ?? card.max_model_len);
    }

    wantedTokens(card) {
        const chosen = this.values.get("max_tokens") ?? card.eft.sampling.max_tokens ?? 256;
        return Math.round(Math.max(1, chosen));
    }

    /** Everything that a composite's answer depends on, by the names that stand in a sentence. */
    chosen(card) {
        const name = (knob) => (knob.name.startsWith("eft.") ? knob.label : knob.label.toLowerCase());
        return new Map([
            ...knobs(card).map((knob) => [name(knob), this.value(knob)]),
            ["max tokens", this.wantedTokens(card)], ["seed", this.seed],
        ]);
    }

    /** Members to show beside the composite: without a choice, a tuned one and the first other. */
    shown(card) {
        const { alone, members, fallback = "", draft } = card.eft;
        if (members.length < 2) return [];
        if (this.members) return alone.filter((name) => this.members.includes(name));
        const tuned = draft ?? alone.find((name) => fallback.includes(name));
        const other = alone.find((name) => name !== tuned);
        return alone.filter((name) => name === tuned || name === other);
    }

    /** The address's fragment; with a question, for others to ask. */
    fragment(card, question = "") {
        const fields = new URLSearchParams({ model: card.id, seed: this.seed });
        const names = new Set([...knobs(card).map((knob) => knob.name), "max_tokens"]);
        for (const [name, value] of this.values) {
            if (names.has(name)) fields.set(name, value);
        }
        if (this.members) fields.set("members", this.members.join(","));
        if (this.view === "text") fields.set("view", "text");
        if (question) fields.set("ask", question);
        return `#${fields}`;
    }

    /** The body of a request, without what only this page asks for. */
    body(card, messages, only) {
        const body = { model: card.id, messages, seed: this.seed };
        const eft = only ? { only } : {};
        const parameters = {};
        for (const knob of knobs(card)) {
            const value = this.value(knob);
            if (value === knob.default) continue;
            if (!knob.name.startsWith("eft.") && knob.name !== "nucleus") body[knob.name] = value;
            else if (only) continue;
            else if (knob.name === "nucleus") eft.mask = { ...card.eft.mask, nucleus: value };
            else parameters[knob.label] = value;
        }
        const limit = this.maxTokens(card);
        if (limit !== card.eft.sampling.max_tokens) body.max_tokens = limit;
        if (Object.keys(parameters).length) eft.parameters = parameters;
        if (Object.keys(eft).length) body.eft = eft;
        return body;
    }
}
