// The page: loads the recipes, and joins settings, conversation and details.

import { models } from "./api.js";
import { controls, showRoom } from "./controls.js";
import { Conversation } from "./conversation.js";
import { Details } from "./details.js";
import { announce, byId, copy, element } from "./dom.js";
import { examples } from "./examples.js";
import { showExport } from "./export.js";
import { askForKey, currentKey } from "./key.js";
import { Settings } from "./settings.js";

const details = new Details();
const conversation = new Conversation(byId("turns"), (card, node, group) => {
    if (node) details.show(node, group, card);
    else details.hideSoon();
});
let settings = new Settings(location.hash);
let cards = [];
let card;
let changing;

/** Loads the recipes; asks for a key where one is needed. */
async function load() {
    for (;;) {
        const key = currentKey();
        try {
            cards = await models(key);
            return begin();
        } catch (error) {
            const needsKey = error.status === 401;
            notice(needsKey ? "This server needs an API key." : error.message, "failed");
            if (needsKey && (await askForKey(key))) continue;
            byId("notice").append(
                " ", element("button", { type: "button", onclick: load }, "Try again"));
            return;
        }
    }
}

function begin() {
    if (!cards.length) return notice("This server has no recipes.", "failed");
    const select = byId("model");
    select.replaceChildren(...cards.map(({ id }) => element("option", { value: id }, id)));
    select.disabled = byId("question").disabled = byId("send").disabled = false;
    byId("question").value = settings.question;
    choose(settings.model);
    showView();
    byId("question").focus();
}

/** The recipe to open on: the first, or the one that the first is a variant of, by its name. */
const opening = () => cards.find(({ id }) => cards[0].id.startsWith(`${id}-`)) ?? cards[0];

/** Takes a recipe; one that is not there gives way to the one that the page opens on. */
function choose(name) {
    card = cards.find(({ id }) => id === name) ?? opening();
    byId("model").value = card.id;
    byId("formula").textContent = card.eft.formula;
    settings.left = undefined;
    showControls();
    if (!conversation.last) introduce();
    remember();
}

/** What is there before the first question. */
function introduce() {
    notice(card.eft.description ?? "", "empty");
    byId("lead").hidden = byId("examples").hidden = false;
}

function showControls() {
    byId("controls").replaceChildren(...controls(card, settings, changed));
}

/** A setting was changed: answers again, once it has come to rest. */
function changed(scope) {
    remember();
    // What waits already may be more.
    const order = ["members", "composite", "all"];
    changing = order[Math.max(order.indexOf(changing), order.indexOf(scope))];
    clearTimeout(changed.timer);
    changed.timer = setTimeout(() => {
        conversation.generate(card, settings, changing);
        changing = undefined;
    }, 250);
}

function remember() {
    history.replaceState(null, "", settings.fragment(card));
}

function showView() {
    for (const box of document.getElementsByName("view")) box.checked = box.value === settings.view;
    conversation.show(settings.view);
}

function notice(text, state) {
    const place = byId("notice");
    place.textContent = text;
    place.dataset.state = state;
    place.hidden = !text;
}

function send() {
    const question = byId("question").value.trim();
    if (!question || !card) return;
    byId("question").value = "";
    ask(question);
}

function ask(question) {
    notice("", "");
    byId("lead").hidden = byId("examples").hidden = true;
    conversation.ask(question, card, settings);
    conversation.last.node.scrollIntoView({ block: "nearest" });
}

byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
});
byId("question").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
});
byId("stop").addEventListener("click", () => conversation.stop());
byId("again").addEventListener("click", () => {
    conversation.clear();
    byId("again").hidden = byId("views").hidden = true;
    settings.left = undefined;
    showRoom(card, settings);
    introduce();
    byId("question").focus();
});
byId("turns").addEventListener("statechange", () => {
    byId("stop").hidden = !conversation.isRunning;
    byId("again").hidden = byId("views").hidden = conversation.turns.length === 0;
});
byId("turns").addEventListener("roomchange", () => showRoom(card, settings));
byId("views").addEventListener("change", (event) => {
    settings.view = event.target.value;
    details.hide();
    showView();
    remember();
});
byId("model").addEventListener("change", (event) => {
    // The formula's parameters and members are another recipe's; the sampling options stay.
    for (const name of settings.values.keys()) {
        if (name.startsWith("eft.") || name === "nucleus") settings.values.delete(name);
    }
    settings.members = undefined;
    choose(event.target.value);
    conversation.rebuild(card, settings);
});
byId("copy-link").addEventListener("click", async () => {
    const question = conversation.last?.question ?? byId("question").value;
    const link = new URL(settings.fragment(card, question), location.href).href;
    const isCopied = await copy(link);
    announce(isCopied ? "Copied." : `The link is ${link}`);
    flash(byId("copy-link"), isCopied ? "Copied" : "Cannot copy");
});
byId("copy-as").addEventListener("click", () => {
    const messages = conversation.last
        ? conversation.messages() : [{ role: "user", content: byId("question").value }];
    showExport(card, settings, messages, currentKey() !== "");
});
addEventListener("hashchange", () => {
    settings = new Settings(location.hash);
    if (!cards.length) return;
    if (settings.question) byId("question").value = settings.question;
    choose(settings.model);
    showView();
    conversation.rebuild(card, settings);
});

/** Says on a button what it has done. */
function flash(button, text) {
    const name = (button.dataset.name ??= button.textContent);
    button.textContent = text;
    setTimeout(() => (button.textContent = name), 1500);
}

// Beside the chat there is room for the settings; above it they begin folded.
const wide = matchMedia("(min-width: 60rem)");
const fold = () => (byId("settings").open = wide.matches);
wide.addEventListener("change", fold);
fold();
byId("examples").append(...examples((question) => {
    ask(question);
    byId("question").focus();
}));
load();
