// The blocks of a Markdown text: what CommonMark and GitHub have that models use. HTML is plain text.

const fence = /^ {0,3}(`{3,}|~{3,})[^`]*$/;
const heading = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const quote = /^ {0,3}> ?/;
const item = /^( {0,3})([-*+]|\d{1,9}[.)])(?:[ \t]+|$)/;
const indented = /^(?: {4}|\t)/;

/** Blocks within blocks go so deep; what is deeper is a paragraph. */
const deepest = 8;

/** A line with more cells than this begins no table. */
const mostCells = 100;

/**
 * @param isPartial whether there is more to come: then a table may still lack its divider.
 * @returns a list of blocks, each with its `kind` and its `source`.
 */
export function blocks(text, isPartial = false) {
    return parse(text.split("\n"), isPartial, 0);
}

function parse(lines, isPartial, depth) {
    const found = [];
    let place = 0;
    while (place < lines.length) {
        if (!lines[place].trim()) {
            place += 1;
            continue;
        }
        const [block, end] = read(lines, place, isPartial, depth);
        found.push({ ...block, source: lines.slice(place, end).join("\n") });
        place = end;
    }
    return found;
}

/** The block that begins at a line, and where the next may begin. */
function read(lines, place, isPartial, depth) {
    const line = lines[place];
    let match = fence.exec(line);
    if (match) return code(lines, place, match);
    if ((match = heading.exec(line))) {
        return [{ kind: "heading", level: match[1].length, text: match[2] }, place + 1];
    }
    if (rule.test(line)) return [{ kind: "rule" }, place + 1];
    if (!depth && indented.test(line)) return indentedCode(lines, place);
    if (depth < deepest && quote.test(line)) return quotation(lines, place, isPartial, depth);
    if (depth < deepest && (match = item.exec(line))) return list(lines, place, isPartial, depth, match);
    if (isTable(lines, place, isPartial)) return table(lines, place);
    return paragraph(lines, place, depth);
}

function code(lines, place, [, mark]) {
    const closing = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}[ \t]*$`);
    let end = place + 1;
    while (end < lines.length && !closing.test(lines[end])) end += 1;
    // Without its end, the block goes on: the last line break is not a line yet.
    const isOpen = end === lines.length;
    const text = lines.slice(place + 1, isOpen && !lines[end - 1] ? end - 1 : end).join("\n");
    return [{ kind: "code", text }, isOpen ? end : end + 1];
}

function indentedCode(lines, place) {
    let end = place;
    while (end < lines.length && (indented.test(lines[end]) || !lines[end].trim())) end += 1;
    while (!lines[end - 1].trim()) end -= 1;
    const text = lines.slice(place, end).map((line) => without(line, 4)).join("\n");
    return [{ kind: "code", text }, end];
}

function quotation(lines, place, isPartial, depth) {
    let end = place;
    while (end < lines.length && quote.test(lines[end])) end += 1;
    const inner = lines.slice(place, end).map((line) => line.replace(quote, ""));
    return [{ kind: "quote", blocks: parse(inner, isPartial, depth + 1) }, end];
}

/** A list: its items' lines are indented, by two columns at least. */
function list(lines, place, isPartial, depth, first) {
    const isOrdered = /\d/.test(first[2]);
    const mark = first[2].at(-1);
    const items = [];
    let end = place;
    while (end < lines.length) {
        const match = item.exec(lines[end]);
        if (!match || match[2].at(-1) !== mark || rule.test(lines[end])) break;
        const inner = [lines[end].slice(match[0].length)];
        const [least, most] = [match[1].length + 2, match[0].length];
        end += 1;
        while (end < lines.length) {
            const line = lines[end];
            const indent = columns(line);
            if (!line.trim()) {
                // A blank line ends the item, unless what follows is indented.
                const next = lines.slice(end, end + 3).find((other) => other.trim());
                if (!next || columns(next) < least) break;
            } else if (indent < least && (begins(line) || !lines[end - 1].trim())) break;
            inner.push(without(line, most));
            end += 1;
        }
        items.push(parse(inner, isPartial, depth + 1));
        // Blank lines between items.
        let next = end;
        while (next < lines.length && !lines[next].trim()) next += 1;
        if (next < lines.length && item.exec(lines[next])?.[2].at(-1) === mark) end = next;
    }
    return [{ kind: "list", isOrdered, first: Number.parseInt(first[2], 10) || 0, items }, end];
}

/** How far a line is indented; a tab counts as four columns. */
function columns(line) {
    const [space] = /^[ \t]*/.exec(line);
    return space.replaceAll("\t", "    ").length;
}

/** A line without so many columns of its indentation. */
function without(line, most) {
    let place = 0;
    for (let left = most; left > 0; place += 1) {
        if (line[place] === " ") left -= 1;
        else if (line[place] === "\t") left -= 4;
        else break;
    }
    return line.slice(place);
}

function isTable(lines, place, isPartial) {
    if (!lines[place].includes("|") || cells(lines[place]).length > mostCells) return false;
    const next = lines[place + 1];
    if (next?.includes("|")) {
        const dividers = cells(next);
        const isDivider = dividers.every((cell) => /^:?-+:?$/.test(cell));
        if (isDivider && dividers.length === cells(lines[place]).length) return true;
    }
    // The divider may be on its way.
    const isLast = lines.slice(place + 2).every((line) => !line.trim());
    return isPartial && isLast && /^ {0,3}\|/.test(lines[place]) && /^[|:\- \t]*$/.test(next ?? "");
}

function table(lines, place) {
    const head = cells(lines[place]);
    let end = place + 2;
    const rows = [];
    while (end < lines.length && lines[end].trim() && !begins(lines[end])) {
        // Every row has as many cells as the head.
        const row = cells(lines[end]);
        rows.push(head.map((_, index) => row[index] ?? ""));
        end += 1;
    }
    return [{ kind: "table", head, rows }, Math.min(end, lines.length)];
}

/** The cells of a table's line; `\|` is a character of one. */
function cells(line) {
    const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
    return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraph(lines, place, depth) {
    let end = place + 1;
    while (end < lines.length && lines[end].trim() && !(begins(lines[end], true) && depth < deepest)) {
        end += 1;
    }
    return [{ kind: "paragraph", text: lines.slice(place, end).join("\n").trim() }, end];
}

/** Whether a line begins a block; of numbered items, only the first may follow a paragraph's line. */
function begins(line, inParagraph = false) {
    if (fence.test(line) || heading.test(line) || rule.test(line) || quote.test(line)) return true;
    const match = item.exec(line);
    if (!match) return false;
    return !inParagraph || (match[0].length < line.length && !/^(?!1[.)]$)\d/.test(match[2]));
}
