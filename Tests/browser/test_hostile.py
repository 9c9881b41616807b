"""Whatever a model, a recipe or a person writes is shown as text, and fits."""

import unittest

from browser import BrowserTest, expect
from streams import events, opinion, send

SMILE = "\U0001f642"
TEXTS = [
    "<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "</p><svg onload=alert(3)>",
    "[a](javascript:alert(4))", " مرحبا ", "\u202eright to left\u202c", "a" * 10_000, "\n\n", "\t",
    "W" * 3_000 + "\n" + "i" * 10_000, "Z\u0338\u0321" * 200,
]


class Hostile(BrowserTest):
    recipes = ["Recipes/atlas.yaml"]
    # The bytes of a character that two tokens share come with the second.
    pieces = [(text, text) for text in TEXTS] + [(r"bytes:\xf0\x9f", ""), (r"bytes:\x99\x82", SMILE)]

    def answer(self, route):
        top = [opinion(other, 1000 + place) for place, other in enumerate(TEXTS[:5])]
        send(route, events(route, self.pieces, top=top, alone=TEXTS[0], agrees=False))

    def check(self, width):
        page = self.open("#model=atlas", width=width, routes=[
            ("**/tokenize", lambda route: route.fulfill(json={"count": 1})),
            ("**/v1/chat/completions", self.answer)])
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
        # As formatted text, it is no more than text, too.
        page.get_by_label("Formatted text").check()
        for name in ("atlas", "large", "chat"):
            shown = page.locator(f'.reply[data-name="{name}"] .markdown')
            for line in "\n".join(TEXTS).splitlines():
                expect(shown).to_contain_text(line.strip())
        self.assertEqual(page.locator("main a, main img, main script, main svg").count(), 0)
        self.assert_fits(page)
        # And so is what stays from before a change.
        self.changed(page, "atlas", lambda: self.set_slider(page, "temperature", 1))
        expect(page.locator(".earlier .status")).not_to_be_empty()
        for view in ("Tokens", "Formatted text"):
            page.get_by_label(view, exact=True).check()
            self.assertEqual(page.locator("main a, main img, main script, main svg").count(), 0)
            self.assert_fits(page)

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
            ("**/tokenize", lambda route: route.fulfill(json={"count": name})),
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
