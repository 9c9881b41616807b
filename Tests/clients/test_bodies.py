"""The bodies that Open WebUI, LibreChat, Continue, Zed, Copilot and Cline send, as their public sources build them.

`bodies/*.json` holds each with the files that it was read from (`source`). Texts and limits of tokens were made
smaller, as Atlas reads 512 tokens; fields were not left out.
"""

import json
import pathlib
import unittest
import urllib.error
import urllib.request

from serving import KEY, Serving

BODIES = pathlib.Path(__file__).parent / "bodies"


class Bodies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Tests/clients/atlas-tools.yaml")

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def send(self, name):
        """The answer's content type and text."""
        record = json.loads((BODIES / f"{name}.json").read_text())
        request = urllib.request.Request(
            self.serving.url + record["path"], json.dumps(record["body"]).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return record, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            self.fail(f"{error.code} {error.read().decode()}")

    def events(self, kind, text):
        self.assertTrue(kind.startswith("text/event-stream"), kind)
        lines = [line[len("data: "):] for line in text.splitlines() if line.startswith("data: ")]
        return lines

    def check(self, name):
        record, kind, text = self.send(name)
        body = record["body"]
        if record["path"] == "/v1/responses":
            events = [json.loads(line) for line in self.events(kind, text)]
            self.assertEqual(events[0]["type"], "response.created")
            self.assertIn(events[-1]["type"], ("response.completed", "response.incomplete"))
            return
        if not body["stream"]:
            reply = json.loads(text)
            self.assertEqual(reply["object"], "chat.completion")
            [choice] = reply["choices"]
            self.finished(choice, choice["message"].get("tool_calls"))
            if "tool_choice" in body:
                [call] = choice["message"]["tool_calls"]
                self.assertEqual(call["function"]["name"], body["tool_choice"]["function"]["name"])
            return
        *lines, last = self.events(kind, text)
        self.assertEqual(last, "[DONE]")
        chunks = [json.loads(line) for line in lines]
        if body.get("stream_options", {}).get("include_usage"):
            *chunks, usage = chunks
            self.assertEqual(usage["choices"], [])
            self.assertGreater(usage["usage"]["prompt_tokens"], 3)
        choices = [choice for chunk in chunks for choice in chunk["choices"]]
        self.assertEqual([choice["finish_reason"] for choice in choices[:-1]], [None] * (len(choices) - 1))
        if record["path"] == "/v1/completions":
            self.assertIn(choices[-1]["finish_reason"], ("stop", "length"))
            return
        self.assertEqual(choices[0]["delta"]["role"], "assistant")
        self.finished(choices[-1], [call for choice in choices for call in choice["delta"].get("tool_calls", [])])

    def finished(self, choice, calls):
        for call in calls or []:
            self.assertIsInstance(json.loads(call["function"]["arguments"]), dict)
        self.assertIn(choice["finish_reason"], ("tool_calls",) if calls else ("stop", "length"))

    def test_the_models_are_listed_as_they_ask(self):
        request = urllib.request.Request(self.serving.url + "/v1/models", headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual([model["id"] for model in json.load(answer)["data"]], ["atlas-tools"])


def test(name):
    def send(self):
        self.check(name)

    return send


for file in sorted(BODIES.glob("*.json")):
    setattr(Bodies, "test_" + file.stem.replace("-", "_"), test(file.stem))


if __name__ == "__main__":
    unittest.main()
