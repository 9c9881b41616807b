// Which words of two texts differ: those outside their longest common subsequence.

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** With more pairs of words than this, everything between the common start and end counts as changed. */
const mostPairs = 4_000_000;

/**
 * Compares two texts word by word.
 *
 * @returns `removed`, the parts of the old text that the new one does not have, and `added`, the reverse.
 * Each is a list of `{ start, end }`; neighbouring words are one part. `count` says how many words they are.
 */
export function differences(before, after) {
    const [old, fresh] = [words(before), words(after)];
    const same = (i, j) => old[i].segment === fresh[j].segment;
    let start = 0;
    while (start < old.length && start < fresh.length && same(start, start)) start += 1;
    let [oldEnd, freshEnd] = [old.length, fresh.length];
    while (oldEnd > start && freshEnd > start && same(oldEnd - 1, freshEnd - 1)) {
        [oldEnd, freshEnd] = [oldEnd - 1, freshEnd - 1];
    }
    const kept = common(oldEnd - start, freshEnd - start, (i, j) => same(start + i, start + j));
    const outside = (end, keptOnes) => {
        const chosen = new Set();
        for (let index = start; index < end; index += 1) {
            if (!keptOnes.has(index - start)) chosen.add(index);
        }
        return chosen;
    };
    return {
        removed: parts(old, outside(oldEnd, new Set(kept.map(([i]) => i)))),
        added: parts(fresh, outside(freshEnd, new Set(kept.map(([, j]) => j)))),
    };
}

/** The words and punctuation marks of a text, without its white space. */
function words(text) {
    return [...segmenter.segment(text)].filter(({ segment }) => segment.trim());
}

/** The places `[i, j]` of a longest common subsequence. */
function common(rows, columns, same) {
    if (rows * columns > mostPairs) return [];
    // longest[i][j]: the length of the one that begins at i and j.
    const width = columns + 1;
    const longest = new Uint16Array((rows + 1) * width);
    for (let i = rows - 1; i >= 0; i -= 1) {
        for (let j = columns - 1; j >= 0; j -= 1) {
            longest[i * width + j] = same(i, j)
                ? longest[(i + 1) * width + j + 1] + 1
                : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
        }
    }
    const places = [];
    let [i, j] = [0, 0];
    while (i < rows && j < columns) {
        if (same(i, j)) {
            places.push([i, j]);
            [i, j] = [i + 1, j + 1];
        } else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) i += 1;
        else j += 1;
    }
    return places;
}

function parts(list, chosen) {
    const found = [];
    list.forEach(({ index, segment }, place) => {
        if (!chosen.has(place)) return;
        const end = index + segment.length;
        if (chosen.has(place - 1)) found.at(-1).end = end;
        else found.push({ start: index, end });
    });
    return Object.assign(found, { count: chosen.size });
}
