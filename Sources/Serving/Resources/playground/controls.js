// Sliders and switches: one for everything that a recipe lets be changed.

import { announce, byId, element } from "./dom.js";
import { knobs, randomSeed } from "./settings.js";

/**
 * Builds the controls of a recipe.
 *
 * @param changed called with what a change is about: "composite", "all", or "members".
 */
export function controls(card, settings, changed) {
    const parts = knobs(card).map((knob) => {
        const scope = knob.name.startsWith("eft.") || knob.name === "nucleus" ? "composite" : "all";
        return knobControl(knob, settings, () => changed(scope));
    });
    // The last two are temperature and top-p.
    const groups = [
        group("Formula", parts.slice(0, -2)),
        group("Sampling", [
            ...parts.slice(-2), lengthControl(card, settings, () => changed("all")),
            seedControl(settings, () => changed("all")),
        ]),
        memberControl(card, settings, () => changed("members")), legend(card),
    ];
    return groups.filter(Boolean);
}

function group(title, parts) {
    if (!parts.length) return undefined;
    return element("fieldset", {}, element("legend", {}, title), ...parts);
}

/** A slider, and the same number to type. */
function knobControl(knob, settings, changed) {
    const id = `knob-${knob.name}`;
    const [low, high] = knob.slider;
    const slider = element("input", {
        type: "range", id, min: low, max: high, step: knob.step, value: settings.value(knob),
    });
    const number = element("input", {
        type: "number", min: knob.range[0], max: knob.range[1], step: "any",
        value: settings.value(knob), "aria-label": `${knob.label}, as a number`,
    });
    const take = (input) => {
        if (input.value === "" || !Number.isFinite(input.valueAsNumber)) return;
        settings.set(knob, input.valueAsNumber);
        if (input !== slider) slider.value = settings.value(knob);
        if (input !== number) number.value = settings.value(knob);
        changed();
    };
    slider.addEventListener("input", () => take(slider));
    number.addEventListener("input", () => take(number));
    number.addEventListener("change", () => (number.value = settings.value(knob)));
    return element(
        "div", { class: "knob" }, element("label", { for: id }, knob.label), number, slider);
}

function lengthControl(card, settings, changed) {
    const input = element("input", {
        type: "number", id: "max-tokens", min: 1, max: card.max_model_len, step: 1,
        value: settings.maxTokens(card), "aria-describedby": "room",
    });
    const hint = element("p", { class: "hint", id: "room" });
    input.addEventListener("change", () => {
        if (Number.isFinite(input.valueAsNumber)) settings.values.set("max_tokens", input.valueAsNumber);
        showRoom(card, settings, input, hint);
        if (settings.wantedTokens(card) > settings.maxTokens(card)) announce(hint.textContent);
        changed();
    });
    showRoom(card, settings, input, hint);
    return element(
        "div", { class: "line" }, element("label", { for: "max-tokens" }, "Max tokens"), input, hint);
}

/** Keeps the number of tokens to what is left of the context, and says what that is. */
export function showRoom(card, settings, input = byId("max-tokens"), hint = byId("room")) {
    const { max_model_len: context } = card;
    const left = settings.left ?? context;
    input.max = left;
    input.value = settings.maxTokens(card);
    const isCut = settings.wantedTokens(card) > left;
    hint.textContent = settings.left === undefined
        ? `Prompt and reply share a context of ${context} tokens.`
        : isCut ? `The prompt leaves no more than ${left} of the context's ${context} tokens.`
            : `The prompt leaves ${left} of the context's ${context} tokens.`;
}

function seedControl(settings, changed) {
    const input = element("input", {
        type: "number", id: "seed", min: 0, max: 2 ** 32 - 1, step: 1, value: settings.seed,
    });
    const take = (seed) => {
        if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) settings.seed = seed;
        input.value = settings.seed;
        changed();
    };
    input.addEventListener("change", () => take(input.valueAsNumber));
    const another = element(
        "button", { type: "button", onclick: () => take(randomSeed()) }, "New seed");
    return element(
        "div", { class: "line" }, element("label", { for: "seed" }, "Seed"), input, another);
}

/** What the marks on tokens mean. */
function legend(card) {
    const { fallback, draft } = card.eft;
    if (!fallback) return undefined;
    const change = draft
        ? ` A dotted line is under tokens that ${draft} alone would not have chosen.` : "";
    return element(
        "p", { class: "hint" }, "The ", element("span", { class: "sample" }, "shade"),
        ` of a token shows how far the composite is from ${fallback} there (total variation).${change}`);
}

/** Which members answer, alone, beside the composite. */
function memberControl(card, settings, changed) {
    const { alone, members } = card.eft;
    if (members.length < 2 || !alone.length) return undefined;
    const boxes = alone.map((name) => {
        const box = element("input", {
            type: "checkbox", value: name, checked: settings.shown(card).includes(name),
        });
        box.addEventListener("change", () => {
            const shown = new Set(settings.shown(card));
            if (box.checked) shown.add(name);
            else shown.delete(name);
            settings.members = alone.filter((name) => shown.has(name));
            changed();
        });
        return element("label", { class: "check" }, box, name);
    });
    return group("Compare with", boxes);
}
