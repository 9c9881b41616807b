// The server's API: the recipes, and replies as streams of events.

/** An error of the API, with what a client can do about it. */
export class ApiError extends Error {
    constructor(message, status, retryAfter) {
        super(message);
        this.status = status;
        /** Seconds. */
        this.retryAfter = retryAfter;
    }
}

async function request(path, key, options = {}) {
    const headers = { ...options.headers };
    if (key) headers.Authorization = `Bearer ${key}`;
    let response;
    try {
        response = await fetch(path, { ...options, headers, cache: "no-store" });
    } catch (error) {
        if (options.signal?.aborted) throw error;
        throw new ApiError("The server cannot be reached. Is it still running?", 0);
    }
    if (response.ok) return response;
    const body = await response.json().catch(() => undefined);
    throw new ApiError(
        body?.error?.message ?? `The server answered ${response.status}.`, response.status,
        Number(response.headers.get("Retry-After")) || 1);
}

/** The recipes, as `/v1/models` has them, without their aliases. */
export async function models(key) {
    const cards = (await (await request("/v1/models", key)).json()).data;
    return cards.filter((card) => card.id === card.root);
}

/** Milliseconds to wait for a count of tokens: a reply waits for it. */
const countTimeout = 5000;

/** How many tokens a chat has as a prompt. */
export async function promptTokens(model, messages, key) {
    const response = await request("/tokenize", key, {
        method: "POST", body: JSON.stringify({ model, messages }),
        signal: AbortSignal.timeout(countTimeout),
        headers: { "Content-Type": "application/json" },
    });
    return (await response.json()).count;
}

/** The chunks of a streamed reply. */
export async function* chat(body, key, signal) {
    const response = await request("/v1/chat/completions", key, {
        method: "POST", body: JSON.stringify(body), signal,
        headers: { "Content-Type": "application/json" },
    });
    for await (const data of events(response.body)) {
        if (data === "[DONE]") return;
        const chunk = JSON.parse(data);
        if (chunk.error) throw new ApiError(chunk.error.message, response.status);
        yield chunk;
    }
}

/** The data of server-sent events, each in one line, however the bytes arrive. */
async function* events(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        for (const line of lines) {
            if (line.startsWith("data: ")) yield line.slice(6);
        }
    }
}
