"""What is said about a token: that of the API, and of `eft score`."""

import json
import subprocess
import unittest

from browser import QUESTION, BrowserTest, expect
from serving import EFT


def number(text):
    """The first number of a cell, as it is shown."""
    return float(text.split()[0].replace("−", "-"))


class Details(BrowserTest):
    def ask_and_listen(self, page):
        """The attributions that the composite's stream carried."""
        with page.expect_response(
                lambda response: '"attributions":true' in (response.request.post_data or "")) as caught:
            self.ask(page)
        lines = caught.value.text().splitlines()
        chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
        return [token for chunk in chunks for choice in chunk["choices"]
                for token in choice.get("eft", {}).get("attributions", [])]

    def row(self, page, token):
        """The cells of a candidate, by column."""
        cells = page.locator(f'#details tr[data-token="{token}"] > *')
        return dict(cells.evaluate_all(
            "nodes => nodes.map(node => [node.dataset.column, node.innerText])"))

    def test_every_token_is_explained_in_the_apis_numbers(self):
        page = self.open("#model=atlas")
        tokens = self.ask_and_listen(page)
        shown = page.locator(".composite .token")
        self.assertEqual(shown.count(), len(tokens), "Atlas' replies to this are ASCII")
        for index, token in enumerate(tokens):
            shown.nth(index).hover()
            expect(page.locator("#details tbody tr.drawn")).to_have_attribute(
                "data-token", str(token["id"]))
            self.assertEqual(page.locator("#details tbody tr").count(),
                             len({candidate["id"] for candidate in token["top"]} | {token["id"]}))
            for said in [token, *token["top"]]:
                row = self.row(page, said["id"])
                self.assertEqual(row["composite"].replace("−", "-"), f"{said['logprob']:.3f}")
                for member, value in said["members"].items():
                    log, *part = row[member].replace("−", "-").split()
                    self.assertEqual(log, f"{value:.3f}")
                    # The fallback's members only have a part in what it rules.
                    self.assertEqual(len(part), member in said["contributions"])
                    for shown_part in part:
                        self.assertAlmostEqual(
                            float(shown_part), said["contributions"][member], delta=6e-4)
                self.assertAlmostEqual(number(row["behaviour"]), said["behaviour_delta"], delta=6e-4)
                self.assertAlmostEqual(number(row["up-scaling"]), said["upscaling_delta"], delta=6e-4)
            facts = page.locator("#details .facts").inner_text()
            self.assertIn(f"total variation {token['total_variation']:.3f}", facts)
            self.assertEqual("accepted" in facts, token["drafted"] and token["agrees"])

    def test_the_numbers_are_those_of_eft_score(self):
        page = self.open("#model=atlas")
        tokens = self.ask_and_listen(page)
        scored = json.loads(subprocess.run(
            [EFT, "score", "Recipes/atlas.yaml", "--json", "--prompt", QUESTION,
             "--response", self.text(page, "atlas")],
            check=True, capture_output=True, text=True).stdout)["tokens"]
        self.assertEqual([token["id"] for token in tokens], [token["id"] for token in scored])
        for index, expected in enumerate(scored):
            page.locator(".composite .token").nth(index).hover()
            expect(page.locator("#details tbody tr.drawn")).to_have_attribute(
                "data-token", str(expected["id"]))
            row = self.row(page, expected["id"])
            # Passes of other widths round differently, by up to .02 nats a token (numerics.md).
            self.assertAlmostEqual(number(row["composite"]), expected["logprob"], delta=0.02)
            for member, value in expected["members"].items():
                self.assertAlmostEqual(number(row[member]), value, delta=0.02)

    def test_the_columns_have_plain_names_and_are_explained(self):
        page = self.open("#model=atlas")
        self.ask(page)
        page.locator(".composite .token").first.hover()
        self.assertEqual(
            page.locator("#details thead th").all_inner_texts(),
            ["Token", "Chance", "Score", "large", "small", "chat", "chat alone", "Tuning", "Size"])
        self.assertEqual(
            page.locator("#details .notes dt").all_inner_texts(),
            ["Chance", "Score", "large, small, chat", "chat alone", "Tuning", "Size"])

    def test_the_panel_leaves_its_token_in_sight_and_shows_every_column(self):
        for width, height in ((1280, 700), (820, 1000), (390, 844), (360, 640)):
            page = self.open("#model=atlas", width=width, height=height)
            self.ask(page)
            tokens = page.locator(".composite .token")
            for index in (0, tokens.count() // 2, tokens.count() - 1):
                for edge in ("start", "center", "end"):
                    page.mouse.move(0, 0)
                    tokens.nth(index).evaluate("(node, block) => node.scrollIntoView({ block })", edge)
                    tokens.nth(index).hover()
                    expect(tokens.nth(index)).to_have_attribute("aria-selected", "true")
                    expect(page.locator("#details")).to_be_visible()
                    place = page.evaluate("""() => {
                        const box = (node) => node.getBoundingClientRect();
                        const token = box(document.querySelector('.token[aria-selected="true"]'));
                        const panel = box(document.getElementById("details"));
                        const scroll = document.querySelector("#details .scroll");
                        return {
                            covers: panel.top < token.bottom && panel.bottom > token.top
                                && panel.left < token.right && panel.right > token.left,
                            inside: panel.left >= 0 && panel.right <= innerWidth
                                && panel.top >= 0 && panel.bottom <= innerHeight,
                            cut: scroll.scrollWidth > scroll.clientWidth,
                        };
                    }""")
                    self.assertEqual(place, {"covers": False, "inside": True, "cut": False},
                                     (width, index, edge))
            page.context.close()

    def test_the_keyboard_walks_along_the_tokens(self):
        page = self.open("#model=atlas")
        self.ask(page)
        page.locator(".composite .tokens").focus()
        panel = page.locator("#details")
        expect(panel).to_be_visible()
        texts = []
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home"):
            page.keyboard.press(key)
            texts.append(page.locator('.token[aria-selected="true"]').evaluate(
                "node => [...node.parentNode.children].indexOf(node)"))
        last = page.locator(".composite .token").count() - 1
        self.assertEqual(texts, [1, 2, 1, last, 0])
        self.assertNotEqual(page.locator("#announcements").inner_text(), "")
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()

    def test_what_the_fallback_rules_is_said(self):
        page = self.open("#model=atlas")
        tokens = self.ask_and_listen(page)
        self.assertTrue(tokens[-1]["fallback"], "the mark that ends a reply is a control token")
        page.locator(".composite .token").last.hover()
        expect(page.locator("#details tr.drawn")).to_contain_text("fallback")


if __name__ == "__main__":
    unittest.main()
