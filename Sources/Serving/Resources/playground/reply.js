// One reply: what it says while it is streamed, how it ended, and what it took.

import { Answer } from "./answer.js";
import { chat } from "./api.js";
import { announce, element, signed } from "./dom.js";
import { Earlier } from "./earlier.js";
import { askForKey, currentKey } from "./key.js";
import { unmark } from "./marks.js";

export class Reply {
    /**
     * @param only a member that answers alone; undefined: the composite, token by token.
     * @param view how its text is shown: `tokens` or `text`.
     * @param shown called with the token that is looked at.
     */
    constructor(name, only, view, shown) {
        [this.name, this.only, this.view, this.shown] = [name, only, view, shown];
        this.answers = element("div", { class: "answers" });
        this.status = element("p", { class: "status" });
        this.figures = element("dl", { class: "figures" });
        this.node = element(
            "article", { class: only ? "reply member" : "reply composite", "data-name": name, tabindex: -1 },
            element("h2", {}, name), this.answers, this.status, this.figures);
        this.replace();
    }

    get isRunning() { return this.node.dataset.state === "running"; }

    get text() { return this.answer.text; }

    /**
     * Generates; what ran before is given up, and stays to be seen until there is something new.
     *
     * @param request a promise of the request's body.
     * @param chosen the settings that it comes of, as a map of names to values.
     */
    async run(request, chosen) {
        // What was given up half-way is not what a new answer is compared with.
        if (!this.only && this.node.dataset.state === "done" && this.text) {
            this.old = { text: this.text, chosen: this.chosen };
        }
        this.abort?.abort();
        const controller = new AbortController();
        this.abort = controller;
        this.state("running", this.text ? "Generating again…" : "Waiting for the first token…");
        const body = await request;
        if (this.abort !== controller) return;
        this.chosen = chosen;
        while (this.abort === controller) {
            try {
                controller.signal.throwIfAborted();
                await this.read(body, controller.signal);
                return;
            } catch (error) {
                if (this.abort !== controller) return;
                if (controller.signal.aborted) return this.state("stopped", "Stopped.");
                if (!(await this.recover(error, controller.signal))) return;
            }
        }
    }

    stop() {
        this.abort?.abort();
    }

    /** Whether to try again: when there is a key, or room. */
    async recover(error, signal) {
        if (error.status === 401) {
            this.state("unauthorized", "The server needs an API key.");
            if (await askForKey(this.key)) {
                this.state("running", "Waiting for the first token…");
                return true;
            }
        } else if (error.status === 429) {
            for (let left = error.retryAfter; left > 0 && !signal.aborted; left -= 1) {
                this.state("running", `The server's queue is full. Trying again in ${left} s.`);
                await new Promise((resolve) => setTimeout(resolve, 1000));
            }
            if (!signal.aborted) return true;
            this.state("stopped", "Stopped.");
            return false;
        }
        this.state("failed", error.message ?? `${error}`);
        announce(`${this.name}: ${this.status.textContent}`);
        return false;
    }

    async read(body, signal) {
        this.key = currentKey();
        const clock = { start: performance.now() };
        const request = { ...body, stream: true, stream_options: { include_usage: true } };
        if (!this.only) {
            Object.assign(request, { logprobs: true, top_logprobs: 5 });
            request.eft = { ...body.eft, attributions: true };
        }
        let ending, statistics, usage;
        for await (const chunk of chat(request, this.key, signal)) {
            usage = chunk.usage ?? usage;
            const choice = chunk.choices[0];
            if (!choice) continue;
            const text = choice.delta.content ?? "";
            const attributions = choice.eft?.attributions ?? [];
            ending = choice.finish_reason ?? ending;
            statistics = choice.eft?.statistics ?? statistics;
            if (!text && !attributions.length && !ending) continue;
            clock.first ??= performance.now();
            clock.last = performance.now();
            this.begin();
            this.answer.add(text, attributions, Boolean(ending));
        }
        if (!ending) throw new Error("The stream broke off before the reply had ended.");
        this.finish(ending, usage?.completion_tokens ?? 0, statistics, clock);
    }

    /** Makes room for a new text; the old one moves aside. */
    begin() {
        if (this.hasBegun) return;
        this.hasBegun = true;
        this.figures.replaceChildren();
        this.earlier = this.old
            && new Earlier(this.old, this.chosen, this.view, () => this.dismissEarlier());
        this.replace();
        this.status.textContent = "Generating…";
    }

    replace() {
        this.answer = new Answer(
            this.view, this.only ? undefined : `${this.name}: arrow keys walk along the tokens`, this.shown);
        this.answers.replaceChildren(
            this.answer.node, ...(this.earlier ? [this.earlier.node] : []));
    }

    dismissEarlier() {
        this.earlier.node.remove();
        unmark(this.answer.node);
        this.old = this.earlier = undefined;
        this.node.focus();
    }

    /** Shows the text as `tokens`, or as formatted `text`. */
    show(view) {
        this.view = view;
        // The other view is not to keep marks that may be out of date when it comes back.
        this.earlier?.unmark();
        this.answer.show(view);
        this.earlier?.show(view);
    }

    finish(ending, tokens, statistics, clock) {
        const isCut = ending === "length";
        this.state("done", isCut ? `Cut at ${tokens} tokens.` : this.text ? "" : "An empty reply.");
        this.earlier?.compare(this.answer);
        const seconds = (clock.last - clock.first) / 1000;
        const figures = [["tokens", `${tokens}`]];
        if (tokens > 1 && seconds > 0) {
            figures.unshift(["tokens/s", `${((tokens - 1) / seconds).toFixed(0)}`]);
        }
        const { drafted, accepted, passes_per_token: passes } = statistics ?? {};
        if (drafted) {
            const share = Math.round((100 * accepted) / drafted);
            figures.push(["drafts accepted", `${accepted} of ${drafted} (${share} %)`]);
        }
        if (passes) figures.push(["large passes per token", signed(passes, 2)]);
        this.figures.replaceChildren(...figures.map(([name, value]) =>
            element("div", {}, element("dt", {}, name), element("dd", {}, value))));
        announce(`${this.name}: ${this.text}`);
    }

    state(name, text) {
        this.node.dataset.state = name;
        this.node.setAttribute("aria-busy", `${name === "running"}`);
        this.status.textContent = text;
        if (name === "running") this.hasBegun = false;
        else this.answer.complete();
        this.node.dispatchEvent(new Event("statechange", { bubbles: true }));
    }
}
