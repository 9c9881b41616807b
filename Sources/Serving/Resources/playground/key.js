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
export function askForKey(used) {
    if (used !== currentKey()) return Promise.resolve(true);
    asking ??= ask(used !== "").finally(() => (asking = undefined));
    return asking;
}

function ask(isRefused) {
    const { promise, resolve } = Promise.withResolvers();
    const input = element("input", {
        id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true,
        "aria-describedby": "key-hint",
    });
    const form = element(
        "form", { class: "column" },
        element("h2", { id: "key-title" }, "API key"),
        element("p", {}, isRefused
            ? "The server does not know this key. Check it and type it again."
            : "This server only answers those who have its API key. "
                + "You get the key from whoever runs the server."),
        element("label", { for: "key" }, "Key"), input,
        element("p", { class: "hint", id: "key-hint" },
            "It stays in this tab until you close it, and never becomes part of the address."),
        element(
            "div", { class: "buttons" },
            element("button", { type: "submit", class: "primary" }, "Use this key"),
            element("button", { type: "button", onclick: () => dialog.close() }, "Cancel")));
    const dialog = element("dialog", { class: "small", "aria-labelledby": "key-title" }, form);
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
