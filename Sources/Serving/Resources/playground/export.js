// The last request in other words: curl, Python, Swift, and the recipe that it amounts to.

import { copy, element } from "./dom.js";
import { knobs } from "./settings.js";

/** Shows the texts, to be copied. */
export function showExport(card, settings, messages, hasKey) {
    const forms = {
        curl: () => curl(settings.body(card, messages), hasKey),
        Python: () => python(settings.body(card, messages), hasKey),
        Swift: () => swift(card, settings, messages),
        recipe: () => recipe(card, settings),
    };
    const text = element("pre", { tabindex: 0, id: "export-text" });
    const said = element("span", { role: "status" });
    const choices = Object.keys(forms).map((name, index) => {
        const box = element("input", {
            type: "radio", name: "form", value: name, checked: index === 0,
            onchange: () => (text.textContent = forms[name]()),
        });
        return element("label", { class: "check" }, box, name);
    });
    text.textContent = forms.curl();
    const button = element("button", {
        type: "button", class: "primary", onclick: async () => {
            said.textContent = (await copy(text.textContent))
                ? "Copied." : "This browser does not let the page copy: select the text.";
        },
    }, "Copy");
    const dialog = element(
        "dialog", { "aria-labelledby": "export-title", onclose: () => dialog.remove() },
        element("h2", { id: "export-title" }, "Copy as"),
        element("fieldset", { class: "row" }, element("legend", { class: "unseen" }, "Form"), ...choices),
        text,
        element(
            "div", { class: "buttons" }, button,
            element("button", { type: "button", onclick: () => dialog.close() }, "Close"), said));
    document.body.append(dialog);
    dialog.showModal();
}

export function curl(body, hasKey) {
    const quoted = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
    const key = hasKey ? ' \\\n    -H "Authorization: Bearer $EFT_API_KEY"' : "";
    return `curl ${location.origin}/v1/chat/completions${key} \\\n    -d '${quoted}'\n`;
}

export function python(body, hasKey) {
    const { model, messages, eft, ...rest } = body;
    const fields = Object.entries({ model, messages, ...rest })
        .map(([name, value]) => `    ${name}=${literal(value)},\n`).join("");
    const extra = eft ? `    extra_body=${literal({ eft })},\n` : "";
    const key = hasKey ? 'os.environ["EFT_API_KEY"]' : '"none"';
    return `${hasKey ? "import os\n\n" : ""}import openai

client = openai.OpenAI(base_url=${literal(`${location.origin}/v1`)}, api_key=${key})
reply = client.chat.completions.create(
${fields}${extra})
print(reply.choices[0].message.content)
`;
}

/** A value as Python writes it. */
function literal(value) {
    if (value === null) return "None";
    if (value === true) return "True";
    if (value === false) return "False";
    if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
    if (typeof value === "object") {
        return `{${Object.entries(value).map((pair) => pair.map(literal).join(": ")).join(", ")}}`;
    }
    return JSON.stringify(typeof value === "string" ? value.toWellFormed() : value);
}

/** A text as a Swift literal: JSON's, but for the escapes that Swift writes in braces. */
const swiftText = (text) => JSON.stringify(text.toWellFormed())
    .replace(/\\(\\|u[0-9a-f]{4}|b|f)/g, (escape, kind) =>
        ({ "\\": "\\\\", b: "\\u{8}", f: "\\u{c}" })[kind] ?? `\\u{${kind.slice(1)}}`);

export function swift(card, settings, messages) {
    const body = settings.body(card, messages);
    const chat = messages.map(({ role, content }) =>
        `    ChatMessage(role: ${swiftText(role)}, content: ${swiftText(content)}),\n`).join("");
    const lines = [`request.seed = ${settings.seed}`];
    if (body.temperature !== undefined) lines.push(`request.sampling.temperature = ${body.temperature}`);
    if (body.top_p !== undefined) lines.push(`request.sampling.topP = ${body.top_p}`);
    if (body.max_tokens !== undefined) lines.push(`request.maxTokens = ${body.max_tokens}`);
    const parameters = Object.entries(body.eft?.parameters ?? {});
    if (parameters.length) {
        const pairs = parameters.map(([name, value]) => `${swiftText(name)}: ${value}`);
        lines.push(`request.parameters = [${pairs.join(", ")}]`);
    }
    if (body.eft?.mask) lines.push(`request.mask = .mask(${swiftMask(body.eft.mask)})`);
    return `import EmulatedFineTuning
import LlamaBackend
import Recipes

let loaded = try await LoadedRecipe(Recipe(contentsOf: ${swiftText(`${card.id}.yaml`)}))
var request = try loaded.request(for: [
${chat}])
${lines.join("\n")}
for try await event in Engine(loaded.composite).generate(request) {
    if case .token(let token) = event { print(token.text, terminator: "") }
}
`;
}

function swiftMask({ nucleus, of, effect }) {
    const names = (list) => `loaded.composite.${list}.map(\\.name)`;
    const formula = of
        ? `, of: try Formula(\n        parsing: ${swiftText(of)}, members: ${names("members")},\n`
            + `        parameters: ${names("parameters")})`
        : "";
    return `Mask(.nucleus(${nucleus}${formula}), .${effect})`;
}

/** The recipe with the chosen values as its defaults; where its files are, only its owner knows. */
export function recipe(card, settings) {
    const { members, formula, fallback, mask, draft, sampling, parameters } = card.eft;
    const chosen = Object.fromEntries(knobs(card).map((knob) => [knob.name, settings.value(knob)]));
    const lines = [`name: ${JSON.stringify(card.id)}`, "members:  # put your files in"];
    for (const name of members) lines.push(`  ${name}: ${name}.gguf`);
    lines.push(`formula: ${JSON.stringify(formula)}`);
    const names = Object.keys(parameters);
    if (names.length) lines.push("parameters:");
    for (const name of names) {
        const { range } = parameters[name];
        lines.push(`  ${name}: { default: ${chosen[`eft.${name}`]}, range: [${range.join(", ")}] }`);
    }
    if (fallback) lines.push(`fallback: ${JSON.stringify(fallback)}`);
    if (mask) {
        const value = { ...mask, nucleus: chosen.nucleus ?? mask.nucleus };
        const pairs = Object.entries(value).filter(([, entry]) => entry !== undefined);
        lines.push(`mask: { ${pairs.map(([key, entry]) => `${key}: ${JSON.stringify(entry)}`).join(", ")} }`);
    }
    if (draft) lines.push(`draft: ${draft}`);
    const options = { temperature: chosen.temperature, top_p: chosen.top_p };
    if (sampling.top_k) options.top_k = sampling.top_k;
    if (sampling.min_p) options.min_p = sampling.min_p;
    options.max_tokens = Math.min(settings.wantedTokens(card), card.max_model_len);
    const pairs = Object.entries(options).map(([key, value]) => `${key}: ${value}`);
    lines.push(`sampling: { ${pairs.join(", ")} }`);
    return `${lines.join("\n")}\n`;
}
