// Nodes. Whatever a server or a person wrote goes in as text, never as markup.

/** Makes an element; strings among the children become text, `on…` attributes handlers. */
export function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
        else if (value === true) node.setAttribute(name, "");
        else if (value !== false && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
}

export const byId = (id) => document.getElementById(id);

/** Says something to those who listen to the page. */
export function announce(text) {
    byId("announcements").textContent = text;
}

/** A number with a real minus sign. */
export const signed = (number, digits, plus = "") =>
    (number > 0 ? plus : "") + number.toFixed(digits).replace("-", "−");

/** Copies a text; false where the browser does not let the page. */
export async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return false;
    }
}
