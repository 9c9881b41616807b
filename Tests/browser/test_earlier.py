"""The answer from before a slider was moved: beside the new one, with the words that differ marked."""

import re
import unittest

from browser import BrowserTest, expect


class Earlier(BrowserTest):
    recipes = ["Recipes/atlas-proxy.yaml"]

    def move(self, page, alpha):
        self.changed(page, "atlas-proxy", lambda: self.set_slider(page, "eft.alpha", alpha))

    def kept(self, page, place, mark):
        """A text's words without those that are marked."""
        text = page.locator(place).evaluate("""(node, mark) => {
            const copy = node.cloneNode(true);
            for (const marked of copy.querySelectorAll(`${mark}, .mark`)) marked.remove();
            return copy.textContent;
        }""", mark)
        return re.findall(r"\w+|[^\w\s]", text)

    def test_it_stays_beside_the_new_one_with_the_changed_words_marked(self):
        page = self.open("#model=atlas-proxy&seed=3")
        self.ask(page)
        before = self.text(page, "atlas-proxy")
        expect(page.locator(".earlier")).to_have_count(0)
        self.move(page, 0)
        after = self.text(page, "atlas-proxy")
        self.assertNotEqual(before, after)
        earlier = page.locator(".earlier")
        expect(earlier.locator("h3")).to_have_text("Before, with alpha 1")
        expect(earlier.locator(".text")).to_have_text(before)
        removed, added = page.locator(".earlier del"), page.locator(".answers > .text ins")
        self.assertGreater(removed.count(), 0)
        self.assertGreater(added.count(), 0)
        expect(earlier.locator(".status")).to_contain_text("struck through here")
        # What is not marked is the same in both.
        place = ".composite .answers > .text"
        self.assertEqual(self.kept(page, ".earlier .text", "del"), self.kept(page, place, "ins"))
        lines = [page.locator(node).first.evaluate("node => getComputedStyle(node).textDecorationLine")
                 for node in (".earlier del", f"{place} ins")]
        self.assertEqual(lines, ["line-through", "underline"], "not by colour alone")
        # A marked token is still explained.
        added.first.hover()
        expect(page.locator("#details")).to_be_visible()

    def test_it_is_marked_in_formatted_text_too(self):
        page = self.open("#model=atlas-proxy&seed=3&view=text")
        self.ask(page)
        self.move(page, 0)
        place = ".composite .answers > .text .markdown"
        self.assertEqual(
            self.kept(page, ".earlier .markdown", "del"), self.kept(page, place, "ins"))
        words = "".join(page.locator(f"{place} ins").all_inner_texts())
        page.get_by_label("Tokens", exact=True).check()
        self.assertEqual("".join(page.locator(".tokens ins").all_inner_texts()), words)

    def test_it_can_be_dismissed_and_comes_again(self):
        page = self.open("#model=atlas-proxy&seed=3")
        self.ask(page)
        self.move(page, 0)
        text = self.text(page, "atlas-proxy")
        page.get_by_label("Formatted text").check()
        page.get_by_role("button", name="Dismiss").press("Enter")
        expect(page.locator(".earlier, ins.word")).to_have_count(0)
        self.assertEqual(page.evaluate("document.activeElement.dataset.name"), "atlas-proxy")
        page.get_by_label("Tokens", exact=True).check()
        expect(page.locator("ins.word")).to_have_count(0)
        self.assertEqual(self.text(page, "atlas-proxy"), text)
        self.move(page, 1)
        expect(page.locator(".earlier .text")).to_have_text(text)

    def test_what_was_given_up_is_not_compared(self):
        held = []

        def hold(route):
            body = route.request.post_data_json
            if body.get("eft", {}).get("parameters") == {"alpha": 0}:
                held.append(route)
            else:
                route.continue_()

        page = self.open("#model=atlas-proxy&seed=3", routes=[("**/v1/chat/completions", hold)])
        self.ask(page)
        before = self.text(page, "atlas-proxy")
        self.set_slider(page, "eft.alpha", 0)
        expect(page.locator(".composite")).to_have_attribute("data-state", "running")
        self.set_slider(page, "eft.alpha", 2)
        expect(page.locator(".earlier .status")).not_to_be_empty()
        expect(page.locator(".earlier h3")).to_have_text("Before, with alpha 1")
        expect(page.locator(".earlier .text")).to_have_text(before)

    def test_the_same_answer_is_said_to_be_the_same(self):
        page = self.open("#model=atlas-proxy&seed=3")
        self.ask(page)
        # At temperature 0, the seed changes nothing.
        self.changed(page, "atlas-proxy", lambda: page.get_by_role("button", name="New seed").click())
        expect(page.locator(".earlier h3")).to_have_text("Before, with seed 3")
        expect(page.locator(".earlier .status")).to_contain_text("the same, word for word")
        expect(page.locator(".earlier .text")).to_be_hidden()

    def test_words_are_compared_one_by_one(self):
        page = self.open()
        for before, after, removed, added in [
                ("a b c", "a b c", [], []), ("a b c", "a c", ["b"], []), ("a c", "a b c", [], ["b"]),
                ("It is well worth it.", "It is fine.", ["well worth it"], ["fine"]),
                ("one", "two", ["one"], ["two"]), ("", "new", [], ["new"]),
                ("x y  z", "x y z", [], []), ("a b a b", "b a b a", ["a"], ["a"])]:
            found = page.evaluate("""async ([before, after]) => {
                const { differences } = await import("/playground/words.js");
                const { removed, added } = differences(before, after);
                const cut = (text) => ({ start, end }) => text.slice(start, end);
                return [removed.map(cut(before)), added.map(cut(after))];
            }""", [before, after])
            self.assertEqual(found, [removed, added], (before, after))


if __name__ == "__main__":
    unittest.main()
