"""What the page opens with: a recipe, a sentence, and questions to try."""

import unittest

from browser import BrowserTest, expect


class Opening(BrowserTest):
    recipes = ["Recipes/atlas-amplified.yaml", "Recipes/atlas-proxy.yaml", "Recipes/atlas.yaml"]

    def opened_on(self, *names):
        """The recipe that the page opens on where these are served, in this order."""
        def some(route):
            cards = {card["id"]: card for card in route.fetch().json()["data"]}
            route.fulfill(json={"data": [cards[name] for name in names]})

        return self.open(routes=[("**/v1/models", some)]).input_value("#model")

    def test_a_recipe_comes_before_its_variants(self):
        self.assertEqual(self.open().input_value("#model"), "atlas")
        self.assertEqual(self.opened_on("atlas-amplified", "atlas"), "atlas")
        self.assertEqual(self.opened_on("atlas-proxy", "atlas-amplified"), "atlas-proxy")
        self.assertEqual(self.opened_on("atlas-amplified", "atlas-proxy"), "atlas-amplified")

    def test_a_sentence_says_what_the_page_shows(self):
        page = self.open()
        expect(page.locator("#lead")).to_contain_text("Several language models answer here as one")
        expect(page.locator("#notice")).to_contain_text("up-scaled")

    def test_a_question_to_try_is_asked(self):
        page = self.open("#model=atlas&seed=1")
        questions = page.locator("#examples button")
        expect(questions).to_have_count(3)
        text = questions.nth(1).inner_text()
        questions.nth(1).click()
        self.answered(page)
        expect(page.locator(".question")).to_have_text(text)
        self.assertIn("Ottawa", self.text(page, "atlas"))
        for place in ("#examples", "#lead", "#notice"):
            expect(page.locator(place)).to_be_hidden()
        page.click("#again")
        expect(questions).to_have_count(3)
        expect(questions.first).to_be_visible()


if __name__ == "__main__":
    unittest.main()
