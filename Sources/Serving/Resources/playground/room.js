// What is left of a recipe's context for the reply, once the prompt is in it.

import { promptTokens } from "./api.js";
import { currentKey } from "./key.js";

export class Room {
    /** Tokens that a reply to a chat may have; undefined where the server does not say. */
    left(card, messages) {
        const key = JSON.stringify([card.id, messages]);
        // The same prompt is asked again whenever a setting is changed.
        if (key !== this.key) this.answer = ask(card, messages).catch(() => (this.key = undefined));
        this.key = key;
        return this.answer;
    }
}

async function ask(card, messages) {
    const tokens = await promptTokens(card.id, messages, currentKey());
    return Number.isInteger(tokens) ? Math.max(1, card.max_model_len - tokens) : undefined;
}
