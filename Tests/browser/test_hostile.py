"""Whatever a model, a recipe or a person writes is shown as text, and fits."""

import json
import unittest

from browser import BrowserTest, expect

SMILE = "\U0001f642"
TEXTS = [
    "<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "</p><svg onload=alert(3)>",
    "[a](javascript:alert(4))", " مرحبا ", "\u202eright to left\u202c", "a" * 10_000, "\n\n", "\t",
    "W" * 3_000 + "\n" + "i" * 10_000, "Z\u0338\u0321" * 200,
]


def opinion(token, identifier):
    return {"id": identifier, "token": token, "logprob": -1.5, "fallback": False,
            "members": {"large": -1, "small": -9999, "chat": None},
            "contributions": {"large": -1, "small": 9999}}


def events(pieces, attributed):
    """A stream of (token, text) pieces."""
    for index, (token, text) in enumerate(pieces):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        if attributed:
            top = [opinion(other, 1000 + place) for place, other in enumerate(TEXTS[:5])]
            choice["eft"] = {"attributions": [opinion(token, index) | {
                "total_variation": 1, "alone": TEXTS[0], "agrees": False, "drafted": True, "top": top}]}
        yield {"choices": [choice]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield {"choices": [], "usage": {"completion_tokens": len(pieces)}}


class Hostile(BrowserTest):
    recipes = ["Recipes/atlas.yaml"]
    # The bytes of a character that two tokens share come with the second.
    pieces = [(text, text) for text in TEXTS] + [(r"bytes:\xf0\x9f", ""), (r"bytes:\x99\x82", SMILE)]

    def answer(self, route):
        attributed = route.request.post_data_json.get("eft", {}).get("attributions", False)
        body = "".join(f"data: {json.dumps(event)}\n\n" for event in events(self.pieces, attributed))
        # In raw UTF-8, cut anywhere by the network.
        route.fulfill(content_type="text/event-stream", body=body + "data: [DONE]\n\n")

    def check(self, width):
        page = self.open("#model=atlas", width=width, routes=[("**/v1/chat/completions", self.answer)])
        self.ask(page, "".join(TEXTS))
        expected = "".join(TEXTS) + SMILE
        for name in ("atlas", "large", "chat"):
            self.assertEqual(self.text(page, name), expected)
        self.assertEqual(page.locator(".question").text_content(), "".join(TEXTS).strip())
        self.assert_fits(page)
        tokens = page.locator(".composite .token")
        self.assertEqual(tokens.last.text_content(), SMILE)
        tokens.last.hover()
        # Both halves are explained.
        expect(page.locator("#details table")).to_have_count(2)
        expect(page.locator("#details")).to_contain_text("onerror=alert(1)")
        expect(page.locator("#details")).to_contain_text("−∞")
        expect(page.locator("#details")).to_contain_text("not asked")
        self.assert_fits(page)
        self.assertEqual(page.locator("main img, main script, main svg, #details img").count(), 0)

    def test_on_a_wide_window(self):
        self.check(1280)

    def test_on_a_small_window(self):
        self.check(360)

    def test_names_of_recipes_and_members_are_text(self):
        name = "<img src=x onerror=alert(5)>"
        card = {"id": name, "root": name, "max_model_len": 512, "eft": {
            "description": name * 20, "members": [name, "b"], "alone": [name, "b"], "formula": name * 10,
            "fallback": "b", "draft": "b", "mask": {"nucleus": 0.9, "effect": "fallback"},
            "parameters": {name: {"default": 1, "range": [-1e6, 1e6]}},
            "sampling": {"temperature": 1, "top_p": 1, "min_p": 0}}}
        page = self.open(width=360, routes=[
            ("**/v1/models", lambda route: route.fulfill(json={"data": [card]})),
            ("**/v1/chat/completions", self.answer)])
        expect(page.locator("#formula")).to_have_text(name * 10)
        page.locator("summary").click()
        self.ask(page, "Hi")
        page.click("#copy-as")
        page.get_by_label("recipe", exact=True).check()
        self.assertEqual(page.locator("#turns img, header img, dialog img").count(), 0)
        self.assert_fits(page)

    def test_markup_cannot_be_made_of_a_text(self):
        page = self.open("#model=atlas")
        self.expected = ["TrustedHTML"]
        said = page.evaluate("""() => {
            try { document.body.innerHTML = "<b>x</b>"; return "made"; } catch (error) { return error.name; }
        }""")
        self.assertEqual(said, "TypeError")


if __name__ == "__main__":
    unittest.main()
