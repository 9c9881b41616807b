// Questions to begin with. Any model can be asked them: a composite needs its large members for what is
// true, and its tuned ones for how an answer is given.

import { element } from "./dom.js";

const questions = [
    "I want to read Brave New World. Who wrote it?",
    "Please tell me which city Canada has as its capital.",
    "I heard Parsifal on the radio. Who composed it?",
];

/** A button for each question. @param ask called with the question. */
export function examples(ask) {
    return questions.map((question) =>
        element("button", { type: "button", onclick: () => ask(question) }, question));
}
