"""Keys, full queues, errors: each is said, and what can be done about it."""

import json
import re
import unittest
import urllib.request

from browser import QUESTION, BrowserTest, expect
from serving import KEY, Serving


class Keys(BrowserTest):
    recipes = ["Recipes/atlas.yaml"]
    key = KEY

    def test_a_key_is_asked_for_and_kept_out_of_the_address(self):
        self.expected = ["401"]
        page = self.open(ready=False)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("You get the key from whoever runs the server")
        page.get_by_label("Key", exact=True).fill("wrong")
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text("does not know this key")
        # Headers and environment variables are for programs.
        for word in ("Authorization", "Bearer", "EFT_API_KEY"):
            expect(dialog).not_to_contain_text(word)
        page.get_by_label("Key", exact=True).fill(KEY)
        page.keyboard.press("Enter")
        self.ask(page)
        self.assertNotIn(KEY, page.url)
        self.assertEqual(page.evaluate("[localStorage.length, document.cookie]"), [0, ""])
        page.click("#copy-as")
        self.assertIn("$EFT_API_KEY", page.locator("#export-text").inner_text())
        self.assertNotIn(KEY, page.content())
        page.keyboard.press("Escape")
        page.reload()
        expect(page.locator("#question")).to_be_enabled()
        expect(dialog).to_have_count(0)

    def test_without_a_key_the_page_says_so(self):
        self.expected = ["401"]
        page = self.open(ready=False)
        expect(page.get_by_role("dialog")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#notice")).to_contain_text("needs an API key")
        expect(page.locator("#send")).to_be_disabled()
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("dialog")).to_be_visible()

    def test_a_key_that_expires_in_the_middle_is_asked_for_once(self):
        self.expected = ["401"]
        page = self.open(ready=False)
        page.get_by_label("Key", exact=True).fill(KEY)
        page.keyboard.press("Enter")
        expect(page.locator("#question")).to_be_enabled()
        page.evaluate("sessionStorage.setItem('eft-api-key', 'expired')")
        page.fill("#question", QUESTION)
        page.press("#question", "Enter")
        expect(page.get_by_role("dialog")).to_have_count(1)
        expect(page.locator('.reply[data-state="unauthorized"]')).to_have_count(3)
        page.get_by_label("Key", exact=True).fill(KEY)
        page.keyboard.press("Enter")
        self.answered(page)


class FullQueue(BrowserTest):
    recipes = ["Recipes/atlas.yaml"]
    arguments = ["--sequences", "1", "--max-waiting", "0"]

    def test_a_full_queue_is_waited_for(self):
        self.expected = ["429"]
        page = self.open("#model=atlas")
        page.evaluate("""() => {
            window.seen = [];
            new MutationObserver(() => document.querySelectorAll(".status").forEach(
                (node) => window.seen.push(node.textContent)))
                .observe(document.getElementById("turns"), { childList: true, subtree: true });
        }""")
        self.ask(page)
        waits = [text for text in page.evaluate("window.seen") if "queue is full" in text]
        self.assertTrue(waits)
        self.assertRegex(waits[0], r"Trying again in \d+ s")


class Errors(BrowserTest):
    recipes = ["Recipes/atlas.yaml"]

    def test_what_the_server_refuses_is_said(self):
        self.expected = ["400"]
        page = self.open("#model=atlas")
        page.fill("#question", "word " * 3000)
        page.press("#question", "Enter")
        expect(page.locator('.reply[data-state="failed"]')).to_have_count(3)
        expect(page.locator(".composite .status")).to_contain_text("must fit the context")
        self.assert_fits(page)

    def test_a_server_that_is_gone_is_said(self):
        self.expected = ["ERR_CONNECTION_REFUSED"]
        page = self.open("#model=atlas", routes=[
            ("**/v1/chat/completions", lambda route: route.abort("connectionrefused"))])
        page.fill("#question", QUESTION)
        page.press("#question", "Enter")
        expect(page.locator('.reply[data-state="failed"]')).to_have_count(3)
        expect(page.locator(".composite .status")).to_contain_text("cannot be reached")

    def test_a_stream_that_breaks_is_said(self):
        events = [
            {"choices": [{"index": 0, "delta": {"content": "Half"}, "finish_reason": None}]},
            {"error": {"message": "the device was lost"}},
        ]
        body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        page = self.open("#model=atlas", routes=[
            ("**/v1/chat/completions", lambda route: route.fulfill(
                content_type="text/event-stream", body=body))])
        page.fill("#question", QUESTION)
        page.press("#question", "Enter")
        expect(page.locator(".composite .status")).to_have_text("the device was lost")
        self.assertEqual(self.text(page, "chat"), "Half")

    def test_copy_as_says_the_request_in_four_forms(self):
        page = self.open("#model=atlas&seed=4&temperature=0.5")
        page.fill("#question", 'It\'s "odd"\\ \u2028 (\\(x))')
        page.click("#copy-as")
        for form, words in {
                "curl": ["/v1/chat/completions", "'\\''", '"temperature": 0.5'],
                "Python": ["import openai", "seed=4"],
                "Swift": ["import EmulatedFineTuning", "request.seed = 4", r"\\(x)"],
                "recipe": ["formula:", "temperature: 0.5", "chat: chat.gguf"]}.items():
            page.get_by_label(form, exact=True).check()
            text = page.locator("#export-text").inner_text()
            for word in words:
                self.assertIn(word, text)
        page.get_by_role("button", name="Close").click()
        expect(page.get_by_role("dialog")).to_have_count(0)


class Command(unittest.TestCase):
    def test_the_command_serves_the_page(self):
        serving = Serving("Recipes/atlas.yaml", "--no-open", command="playground", key="")
        with urllib.request.urlopen(serving.url + "/", timeout=10) as page:
            self.assertIn(b"eft playground", page.read())
            self.assertTrue(re.search("default-src 'none'", page.headers["Content-Security-Policy"]))
        self.assertEqual(serving.stop(), 0)


if __name__ == "__main__":
    unittest.main()
