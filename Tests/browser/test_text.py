"""Replies as formatted text: Markdown made of nodes, safe and steady while it streams."""

import unittest

from browser import BrowserTest, expect
from streams import MARKDOWN, events, send

SAID = "".join(MARKDOWN)


class Text(BrowserTest):
    recipes = ["Recipes/atlas.yaml"]

    def ask_for_markdown(self, fragment=""):
        page = self.open(f"#model=atlas{fragment}", routes=[
            ("**/v1/chat/completions", lambda route: send(route, events(route, MARKDOWN)))])
        self.ask(page)
        return page

    def test_markdown_has_its_form(self):
        page = self.ask_for_markdown("&view=text")
        for name in ("atlas", "large", "chat"):
            shown = page.locator(f'.reply[data-name="{name}"]')
            for place, text in {
                    "h3": "Reversing a list", ".markdown > p > strong": "slicing", "p > em": "fast",
                    ".markdown > p > code": "reversed()", "pre > code": "def reverse(items):\n    return items[::-1]",
                    "ol > li > ul > li strong": "bold", "ol > li:nth-child(2) code": "code",
                    "th:nth-child(2)": "speed", "td:nth-child(2)": "fast", "blockquote del": "wrong"}.items():
                expect(shown.locator(place)).to_have_text(text)
            expect(shown.locator("hr")).to_have_count(1)
        for place in ("pre > code", ".markdown > p > code"):
            font = page.locator(f".composite {place}").evaluate("node => getComputedStyle(node).fontFamily")
            self.assertIn("monospace", font)

    def test_links_lead_to_the_web_only_and_nothing_is_loaded(self):
        page = self.ask_for_markdown("&view=text")
        links = page.locator(".composite .markdown a")
        self.assertEqual(
            links.evaluate_all("nodes => nodes.map(node => [node.getAttribute('href'), node.rel])"),
            [[address, "noopener noreferrer"] for address in
             ("https://docs.example/3/", "https://example.com/a_b")])
        expect(page.locator(".composite .markdown > p").last).to_have_text(MARKDOWN[-1].strip())
        self.assertEqual(page.locator("main img").count(), 0)

    def test_the_switch_goes_between_tokens_and_text(self):
        page = self.ask_for_markdown()
        for name in ("atlas", "large"):
            self.assertEqual(self.text(page, name), SAID)
        code = page.locator(".composite .token", has_text="return items")
        self.assertIn("monospace", code.evaluate("node => getComputedStyle(node).fontFamily"))
        page.get_by_label("Formatted text").check()
        expect(page.locator(".tokens")).to_have_count(0)
        expect(page.locator(".markdown")).to_have_count(3)
        self.assertIn("view=text", page.url)
        page.get_by_label("Tokens", exact=True).check()
        expect(page.locator(".markdown")).to_have_count(0)
        self.assertEqual(self.text(page, "atlas"), SAID)
        page.locator(".composite .token").first.hover()
        expect(page.locator("#details")).to_be_visible()
        self.assertNotIn("view=", page.url)

    def test_text_streams(self):
        page = self.open("#model=atlas&seed=7&view=text")
        page.evaluate("""() => {
            window.seen = new Set();
            new MutationObserver(() => window.seen.add(
                document.querySelector(".composite .markdown")?.textContent.length))
                .observe(document.getElementById("turns"), { childList: true, subtree: true });
        }""")
        self.ask(page)
        self.assertGreater(page.evaluate("window.seen.size"), 3, "the text grew step by step")
        text = page.locator(".composite .markdown").inner_text()
        page.get_by_label("Tokens", exact=True).check()
        self.assertEqual(self.text(page, "atlas"), text)

    def test_text_is_steady_while_it_grows(self):
        """Character by character: what is shown stays, and marks that are not closed are not seen."""
        page = self.open("#model=atlas")
        steps = page.evaluate("""async (said) => {
            const { Markdown } = await import("/playground/markdown.js");
            const markdown = new Markdown();
            const steps = [];
            let before = "", nodes = [];
            for (let end = 1; end <= said.length; end += 1) {
                markdown.show(said.slice(0, end), true);
                // Whether a bracket begins a link is seen when the next one comes.
                const text = markdown.node.textContent.replace(/[[\\]]/g, "");
                const kept = [...markdown.node.children];
                // The last block may be made anew; those before it are done.
                const isSteady = nodes.slice(0, -1).every((node, index) => node === kept[index]);
                steps.push([said.slice(0, end), text, text.startsWith(before), isSteady]);
                [before, nodes] = [text, kept];
            }
            return steps;
        }""", "".join(MARKDOWN[:-1]))
        for source, text, grows, steady in steps:
            self.assertTrue(steady, source)
            self.assertTrue(grows, (source, text))
            for mark in ("**", "~~", "`", "# ", "> ", "|"):
                self.assertNotIn(mark, text, source)

    def test_marks_without_end_stay_quick_and_shallow(self):
        page = self.open("#model=atlas")
        for text in ("*" * 30_000, "*a " * 10_000 + " a*" * 10_000, "[" * 30_000, "[a](" * 8_000,
                     ">" * 30_000, "- " * 15_000, "`" * 20_000 + "x", "|" * 30_000 + "\n" + "|-" * 15_000,
                     "[a](" + " " * 30_000, "# " + "#" * 30_000 + "x", "https://" * 4_000):
            took, depth = page.evaluate("""async (text) => {
                const { Markdown } = await import("/playground/markdown.js");
                const start = performance.now();
                let depth = 0;
                for (const isPartial of [true, false]) {
                    const markdown = new Markdown();
                    markdown.show(text, isPartial);
                    for (const node of markdown.node.querySelectorAll(":not(:has(*))")) {
                        let up = 0;
                        for (let at = node; at; at = at.parentElement) up += 1;
                        depth = Math.max(depth, up);
                    }
                }
                return [performance.now() - start, depth];
            }""", text)
            self.assertLess(took, 5_000, text[:20])
            self.assertLess(depth, 80, text[:20])


if __name__ == "__main__":
    unittest.main()
