// Which pieces of a streamed text lie in a fenced block of code.

export class Fence {
    constructor() {
        this.line = "";
        this.mark = "";
    }

    /** Takes the next piece; whether it belongs to code, its fences included. */
    takes(piece) {
        let isCode = this.mark !== "";
        for (const [index, part] of piece.split("\n").entries()) {
            if (index > 0) this.line = "";
            const before = this.line;
            // Only how a line begins decides.
            this.line = (this.line + part).slice(0, 80);
            const [, mark] = /^\s*(?:> ?)*(```|~~~)/.exec(this.line) ?? [];
            const isKnown = /^\s*(?:> ?)*(```|~~~)/.test(before);
            if (mark && !isKnown) {
                if (!this.mark) this.mark = mark;
                else if (this.mark === mark) this.mark = "";
            }
            isCode ||= this.mark !== "";
        }
        return isCode;
    }
}
