"""A chat with the composite, beside its members: streams, sliders, the address, and Stop."""

import json
import time
import unittest
import urllib.request

from browser import QUESTION, BrowserTest, expect


def answer(serving, body):
    """The API's reply to a body, without a stream."""
    request = urllib.request.Request(
        serving.url + "/v1/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]


class Chat(BrowserTest):
    def test_composite_and_members_stream_what_the_api_says(self):
        page = self.open("#model=atlas&seed=7")
        page.evaluate("""() => {
            window.seen = [];
            new MutationObserver(() => window.seen.push([
                document.querySelector(".composite")?.dataset.state,
                document.querySelectorAll(".composite .token").length,
            ])).observe(document.getElementById("turns"), { childList: true, subtree: true });
        }""")
        self.ask(page)
        counts = {count for state, count in page.evaluate("window.seen") if state == "running"}
        self.assertGreater(len(counts), 3, "the tokens came one after another")
        body = {"model": "atlas", "seed": 7, "messages": [{"role": "user", "content": QUESTION}]}
        self.assertEqual(self.text(page, "atlas"), answer(self.serving, body))
        for member in ("large", "chat"):
            alone = answer(self.serving, body | {"eft": {"only": member}})
            self.assertEqual(self.text(page, member), alone)
        figures = page.locator(".composite .figures").inner_text()
        for name in ("tokens/s", "large passes per token"):
            self.assertIn(name, figures)

    def test_drafts_are_counted_where_there_were_any(self):
        for speculation, count in ((4, 1), ("off", 0)):
            def draft(route):
                body = route.request.post_data_json
                if "only" not in body["eft"]:
                    body["eft"]["speculation"] = speculation
                route.continue_(post_data=json.dumps(body))

            page = self.open("#model=atlas&members=", routes=[("**/v1/chat/completions", draft)])
            self.ask(page, replies=1)
            figures = page.locator(".composite .figures")
            expect(figures).to_contain_text("tokens/s")
            expect(figures.get_by_text("drafts accepted")).to_have_count(count)

    def test_a_slider_answers_again_under_the_same_seed(self):
        page = self.open("#model=atlas-proxy&seed=3")
        self.ask(page)
        first, member = self.text(page, "atlas-proxy"), self.text(page, "chat")

        def move(alpha):
            self.changed(page, "atlas-proxy", lambda: self.set_slider(page, "eft.alpha", alpha))
            return self.text(page, "atlas-proxy")

        self.assertNotEqual(move(0), first)
        self.assertIn("eft.alpha=0&", page.url + "&")
        self.assertEqual(move(1), first)
        self.assertNotIn("eft.alpha", page.url)
        self.assertEqual(self.text(page, "chat"), member, "a member has no parameters")

    def test_a_slider_that_moves_on_gives_up_what_was_asked_before(self):
        asked = []
        page = self.open("#model=atlas-proxy", routes=[
            ("**/v1/chat/completions",
             lambda route: (asked.append(route.request.post_data_json), route.continue_()))])
        self.ask(page)
        asked.clear()
        self.changed(page, "atlas-proxy", lambda: [
            self.set_slider(page, "eft.alpha", value / 10) for value in range(20)])
        self.assertEqual([body["eft"]["parameters"] for body in asked], [{"alpha": 1.9}])

    def test_truncation_and_sampling_are_sent_as_they_are_set(self):
        asked = []
        page = self.open("#model=atlas-truncated&seed=5&temperature=0.7&max_tokens=12", routes=[
            ("**/v1/chat/completions",
             lambda route: (asked.append(route.request.post_data_json), route.continue_()))])
        self.ask(page)
        self.changed(page, "atlas-truncated", lambda: self.set_slider(page, "nucleus", 0.5))
        body = asked[-1]
        self.assertEqual((body["seed"], body["temperature"], body["max_tokens"]), (5, 0.7, 12))
        self.assertEqual(body["eft"]["mask"], {"nucleus": 0.5, "effect": "fallback"})
        members = [body for body in asked if body.get("eft", {}).get("only")]
        self.assertEqual(sorted(body["eft"]["only"] for body in members), ["chat", "large"])

    def test_a_conversation_goes_on_from_what_the_composite_said(self):
        asked = []
        page = self.open("#model=atlas", routes=[
            ("**/v1/chat/completions",
             lambda route: (asked.append(route.request.post_data_json), route.continue_()))])
        self.ask(page)
        said = self.text(page, "atlas")
        asked.clear()
        self.ask(page, "Thank you!")
        for body in asked:
            self.assertEqual([message["content"] for message in body["messages"]],
                             [QUESTION, said, "Thank you!"])
        page.click("#again")
        expect(page.locator(".turn")).to_have_count(0)

    def test_settings_come_back_from_the_address(self):
        page = self.open("#model=atlas-proxy")
        self.set_slider(page, "eft.alpha", 2.5)
        self.set_slider(page, "temperature", 0.4)
        page.fill("#seed", "99")
        page.press("#seed", "Tab")
        page.get_by_label("small").check()
        page.reload()
        expect(page.locator("#model")).to_have_value("atlas-proxy")
        for field, value in {"knob-eft.alpha": "2.5", "knob-temperature": "0.4", "seed": "99"}.items():
            expect(page.locator(f'[id="{field}"]')).to_have_value(value)
        expect(page.get_by_label("small")).to_be_checked()

    def test_an_address_of_nonsense_is_the_defaults(self):
        page = self.open("#model=nope&seed=-1&eft.alpha=1e999&temperature=%3Cb%3E&members=%3Cimg%3E&x=1")
        expect(page.locator("#model")).to_have_value("atlas")
        expect(page.locator('[id="knob-temperature"]')).to_have_value("0")
        self.assertGreaterEqual(int(page.input_value("#seed")), 0)
        page = self.open("#model=atlas-proxy&eft.alpha=77")
        expect(page.locator('[id="knob-eft.alpha"]')).to_have_value("3")

    def test_another_recipe_answers_the_same_question(self):
        page = self.open("#model=atlas")
        self.ask(page)
        page.select_option("#model", "atlas-proxy")
        self.answered(page)
        self.assertNotEqual(self.text(page, "atlas-proxy"), "")
        expect(page.locator("#formula")).to_have_text("large + alpha * (chat - small)")

    def test_stop_frees_the_slots(self):
        def endless(route):
            body = route.request.post_data_json | {"ignore_eos": True, "max_tokens": 400}
            route.continue_(post_data=json.dumps(body))

        page = self.open("#model=atlas", routes=[("**/v1/chat/completions", endless)])
        page.fill("#question", QUESTION)
        page.press("#question", "Enter")
        expect(page.locator(".composite .token").first).to_be_visible()
        page.click("#stop")
        expect(page.locator('.reply[data-state="running"]')).to_have_count(0)
        expect(page.locator("#stop")).to_be_hidden()
        for _ in range(50):
            metrics = self.serving.metrics()
            held = [metrics[f'eft_{name}{{model_name="atlas"}}'] for name in
                    ("num_requests_running", "num_requests_open", "num_slots_busy")]
            if not any(held):
                break
            time.sleep(0.1)
        self.assertEqual(held, [0, 0, 0])
        stopped = metrics['eft_request_unfinished_total{model_name="atlas",finished_reason="cancelled"}']
        self.assertGreaterEqual(stopped, 1)


if __name__ == "__main__":
    unittest.main()
