// The turns of a chat: a question, the composite's reply, and members' replies to the same prompt.

import { element } from "./dom.js";
import { Reply } from "./reply.js";
import { Room } from "./room.js";

export class Conversation {
    /** @param shown called with a token that is looked at, its attributions, and the recipe. */
    constructor(root, shown) {
        [this.root, this.shown] = [root, shown];
        this.turns = [];
        this.room = new Room();
    }

    get last() { return this.turns.at(-1); }

    get isRunning() { return this.replies.some((reply) => reply.isRunning); }

    get replies() {
        return this.turns.flatMap((turn) => [turn.composite, ...turn.members.values()]);
    }

    ask(question, card, settings) {
        this.stop();
        const turn = { question, members: new Map() };
        turn.columns = element("div", { class: "columns" });
        turn.node = element(
            "section", { class: "turn", "aria-label": `Turn ${this.turns.length + 1}` },
            element("p", { class: "question" }, question), turn.columns);
        this.turns.push(turn);
        this.root.append(turn.node);
        this.rebuild(card, settings);
    }

    /** Replaces the last turn's replies by those of a recipe. */
    rebuild(card, settings) {
        const turn = this.last;
        if (!turn) return;
        turn.composite?.stop();
        for (const reply of turn.members.values()) reply.stop();
        turn.composite = new Reply(
            card.id, undefined, settings.view, (...token) => this.shown(card, ...token));
        turn.members = new Map();
        turn.columns.replaceChildren(turn.composite.node);
        this.generate(card, settings, "all");
    }

    /**
     * Answers the last question again: `composite`, `all`, or the `members` that have not answered yet.
     */
    generate(card, settings, scope) {
        const turn = this.last;
        if (!turn) return;
        const messages = this.messages();
        const chosen = settings.chosen(card);
        const room = this.room.left(card, messages).then((left) => {
            if (turn === this.last) settings.left = left;
            this.root.dispatchEvent(new Event("roomchange"));
        });
        const run = (reply, only) =>
            reply.run(room.then(() => settings.body(card, messages, only)), chosen);
        const shown = settings.shown(card);
        for (const [name, reply] of turn.members) {
            if (shown.includes(name)) continue;
            reply.stop();
            reply.node.remove();
            turn.members.delete(name);
        }
        for (const name of shown) {
            const isNew = !turn.members.has(name);
            if (isNew) turn.members.set(name, new Reply(name, name, settings.view));
            const reply = turn.members.get(name);
            // In the recipe's order, whatever was ticked first.
            turn.columns.append(reply.node);
            if (isNew || scope === "all") run(reply, name);
        }
        if (scope !== "members") run(turn.composite);
        // Replies that have gone cannot say that they have stopped.
        this.root.dispatchEvent(new Event("statechange"));
    }

    /** What the last question follows, and the question. */
    messages() {
        const messages = [];
        for (const turn of this.turns) {
            const reply = turn.composite?.text;
            if (turn !== this.last && !reply) continue;
            messages.push({ role: "user", content: turn.question });
            if (turn !== this.last) messages.push({ role: "assistant", content: reply });
        }
        return messages;
    }

    /** Shows every text as `tokens`, or as formatted `text`. */
    show(view) {
        for (const reply of this.replies) reply.show(view);
    }

    stop() {
        for (const reply of this.replies) if (reply.isRunning) reply.stop();
    }

    clear() {
        this.stop();
        this.turns = [];
        this.root.replaceChildren();
    }
}
