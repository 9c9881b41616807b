"""For everyone: axe-core finds nothing, by day and by night, on wide and on small windows."""

import unittest

from axe_playwright_python.sync_playwright import Axe
from browser import BrowserTest, expect
from streams import MARKDOWN, events, send

AXE = Axe()


class Access(BrowserTest):
    recipes = ["Recipes/atlas-truncated.yaml", "Recipes/atlas-mixed.yaml"]

    def check(self, page, state):
        violations = AXE.run(page).response["violations"]
        self.assertEqual([(state, found["id"], [node["html"] for node in found["nodes"]])
                          for found in violations], [])

    def walk(self, scheme, width):
        """Every state of the page that a person meets."""
        page = self.open("#model=atlas-truncated", width=width, scheme=scheme)
        self.check(page, "empty")
        self.assert_fits(page)
        if not page.locator("#controls").is_visible():
            page.locator("summary").click()
        self.check(page, "settings")
        self.assert_fits(page)
        self.ask(page)
        self.check(page, "answered")
        self.assert_fits(page)
        page.locator(".composite .tokens").focus()
        expect(page.locator("#details")).to_be_visible()
        self.check(page, "details")
        self.assert_fits(page)
        page.keyboard.press("Escape")
        self.changed(page, "atlas-truncated", lambda: self.set_slider(page, "nucleus", 0.2))
        expect(page.locator(".earlier .status")).not_to_be_empty()
        self.check(page, "changed")
        self.assert_fits(page)
        page.get_by_label("Formatted text").check()
        page.route("**/v1/chat/completions", lambda route: send(route, events(route, MARKDOWN)))
        self.ask(page, "Markdown?")
        self.check(page, "formatted")
        self.assert_fits(page)
        page.click("#copy-as")
        self.check(page, "copy as")
        self.assert_fits(page)

    def test_by_day(self):
        self.walk("light", 1280)

    def test_by_night(self):
        self.walk("dark", 1280)

    def test_by_day_on_a_small_window(self):
        self.walk("light", 360)

    def test_by_night_on_a_small_window(self):
        self.walk("dark", 360)

    def test_every_shade_leaves_the_text_readable(self):
        """WCAG's contrast of text against the deepest shade, which axe leaves undecided."""
        for scheme in ("light", "dark"):
            page = self.open(scheme=scheme)
            ratio = page.evaluate("""() => {
                const token = document.body.appendChild(document.createElement("span"));
                token.className = "token";
                token.style.setProperty("--variation", "1");
                const canvas = new OffscreenCanvas(1, 1).getContext("2d");
                const luminance = (...layers) => {
                    for (const layer of layers) {
                        canvas.fillStyle = layer;
                        canvas.fillRect(0, 0, 1, 1);
                    }
                    const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
                        .map((value) => value / 255)
                        .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
                    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
                };
                const style = getComputedStyle(token);
                const paper = getComputedStyle(document.body).backgroundColor;
                const values = [luminance(style.color), luminance(paper, style.backgroundColor)].sort();
                return (Math.max(...values) + 0.05) / (Math.min(...values) + 0.05);
            }""")
            self.assertGreaterEqual(ratio, 4.5, scheme)

    def test_the_page_is_used_by_keyboard_alone(self):
        page = self.open("#model=atlas-mixed")
        page.keyboard.type("Who invented the saxophone?")
        page.keyboard.press("Enter")
        self.answered(page)
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        for place in ("model", "copy-link", "copy-as", "view-tokens", "tokens", "question", "send",
                      "knob-eft.lambda", "knob-temperature", "seed"):
            self.assertTrue(any(place in name for name in reached), (place, reached))


if __name__ == "__main__":
    unittest.main()
