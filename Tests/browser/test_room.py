"""Max tokens is kept to what the prompt leaves of the context, and the page says what that is."""

import json
import unittest
import urllib.request

from browser import QUESTION, BrowserTest, expect


class Room(BrowserTest):
    recipes = ["Recipes/atlas.yaml"]

    def prompt_tokens(self, messages):
        """As the API counts them."""
        body = {"model": "atlas", "messages": messages, "max_tokens": 1}
        request = urllib.request.Request(
            self.serving.url + "/v1/chat/completions", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)["usage"]["prompt_tokens"]

    def test_max_tokens_is_kept_to_what_is_left(self):
        asked = []
        page = self.open("#model=atlas&members=&max_tokens=100000", routes=[
            ("**/v1/chat/completions",
             lambda route: (asked.append(route.request.post_data_json), route.continue_()))])
        expect(page.locator("#max-tokens")).to_have_value("512")
        expect(page.locator("#room")).to_have_text("Prompt and reply share a context of 512 tokens.")
        self.ask(page, replies=1)
        left = 512 - self.prompt_tokens([{"role": "user", "content": QUESTION}])
        self.assertEqual({body["max_tokens"] for body in asked}, {left})
        expect(page.locator("#max-tokens")).to_have_value(str(left))
        expect(page.locator("#room")).to_have_text(
            f"The prompt leaves no more than {left} of the context's 512 tokens.")
        # What a person types is kept to it as well; less than that is theirs to choose.
        page.fill("#max-tokens", "9999")
        self.changed(page, "atlas", lambda: page.press("#max-tokens", "Tab"))
        expect(page.locator("#max-tokens")).to_have_value(str(left))
        self.assertEqual(asked[-1]["max_tokens"], left)
        page.fill("#max-tokens", "3")
        self.changed(page, "atlas", lambda: page.press("#max-tokens", "Tab"))
        self.assertEqual(asked[-1]["max_tokens"], 3)
        expect(page.locator("#room")).to_have_text(f"The prompt leaves {left} of the context's 512 tokens.")
        # A longer conversation leaves less.
        said = self.text(page, "atlas")
        self.ask(page, "Thank you!", replies=1)
        messages = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": said},
                    {"role": "user", "content": "Thank you!"}]
        expect(page.locator("#room")).to_contain_text(f"leaves {512 - self.prompt_tokens(messages)} of")
        page.click("#again")
        expect(page.locator("#room")).to_contain_text("share a context")

    def test_a_count_that_does_not_come_holds_up_no_reply(self):
        page = self.open("#model=atlas&members=&max_tokens=8", routes=[("**/tokenize", lambda route: None)])
        self.ask(page, replies=1)
        self.assertTrue(self.text(page, "atlas"))


if __name__ == "__main__":
    unittest.main()
