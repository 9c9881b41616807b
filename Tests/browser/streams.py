"""Replies that no model gave: streams of the API, made of pieces."""

import json

MARKDOWN = [
    "# Reversing a list\n\nUse **sli", "cing** or `reversed()`; both are *fast*. ",
    "See [the docs](https://docs.example/3/), https://example.com/a_b.\n\n",
    "```python\ndef reverse(items):\n", "    return items[::-1]\n``", "`\n\n",
    "1. First\n   - nested **bold**\n   - more\n2. Second, with `code`\n\n",
    "| way | speed |\n|---|-", "--:|\n| slice | fast |\n\n", "> A quote, ~~wrong~~ right.\n\n---\n\n",
    "![picture](https://evil.example/x.png) <b>html</b> [a](javascript:alert(1)) [b](/relative)\n",
]


def opinion(token, identifier):
    return {"id": identifier, "token": token, "logprob": -1.5, "fallback": False,
            "members": {"large": -1, "small": -9999, "chat": None},
            "contributions": {"large": -1, "small": 9999}}


def events(route, pieces, top=(), alone="", agrees=True):
    """A stream that says pieces: texts, or pairs of a token and the text that it completes."""
    attributed = route.request.post_data_json.get("eft", {}).get("attributions", False)
    pairs = [piece if isinstance(piece, tuple) else (piece, piece) for piece in pieces]
    for index, (token, text) in enumerate(pairs):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        if attributed:
            choice["eft"] = {"attributions": [opinion(token, index) | {
                "total_variation": 1, "alone": alone, "agrees": agrees, "drafted": True, "top": list(top)}]}
        yield {"choices": [choice]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield {"choices": [], "usage": {"completion_tokens": len(pairs)}}


def send(route, stream):
    """Answers with a stream, in raw UTF-8, cut anywhere by the network."""
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in stream)
    route.fulfill(content_type="text/event-stream", body=body + "data: [DONE]\n\n")
