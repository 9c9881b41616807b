// The API key: in this tab's session storage, and nowhere else.

import { element } from "./dom.js";

const place = "eft-api-key";
let asking;

export const currentKey = () => sessionStorage.getItem(place) ?? "";

/**
 * Asks for the key; whether one was given. Several who ask at once share one question.
 *
 * @param used the key that was refused: if another is there by now, nobody is asked.
 */
export function askForKey(message, used) {
    if (used !== currentKey()) return Promise.resolve(true);
    asking ??= ask(message).finally(() => (asking = undefined));
    return asking;
}

function ask(message) {
    const { promise, resolve } = Promise.withResolvers();
    const input = element("input", {
        id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true,
    });
    const form = element(
        "form", { class: "column" },
        element("h2", { id: "key-title" }, "API key"),
        element("p", {}, message),
        element("label", { for: "key" }, "Key"), input,
        element("p", { class: "hint" }, "Kept in this tab until it is closed; never in the address."),
        element(
            "div", { class: "buttons" },
            element("button", { type: "submit", class: "primary" }, "Use this key"),
            element("button", { type: "button", onclick: () => dialog.close() }, "Cancel")));
    const dialog = element("dialog", { "aria-labelledby": "key-title" }, form);
    let isGiven = false;
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        sessionStorage.setItem(place, input.value.trim());
        isGiven = true;
        dialog.close();
    });
    dialog.addEventListener("close", () => {
        dialog.remove();
        resolve(isGiven);
    });
    document.body.append(dialog);
    dialog.showModal();
    return promise;
}
