"""Ctrl-C: the first lets replies finish and says how many there are, the second stops at once."""

import json
import signal
import threading
import time
import unittest
import urllib.request

from serving import KEY, Serving


class Signals(unittest.TestCase):
    def setUp(self):
        self.serving = Serving("Recipes/atlas.yaml")
        self.process = self.serving.process

    def tearDown(self):
        self.process.kill()
        self.process.wait()
        self.serving.reader.join()
        self.process.stderr.close()

    def ask(self, choices):
        """Asks for long replies, and waits until they are being made. What comes of it is in `answer`."""
        body = json.dumps({"prompt": "The", "n": choices, "max_tokens": 200, "ignore_eos": True})
        request = urllib.request.Request(
            self.serving.url + "/v1/completions", body.encode(),
            {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        self.answer = None

        def read():
            try:
                with urllib.request.urlopen(request, timeout=300) as answer:
                    self.answer = json.load(answer)
            except OSError as error:
                self.answer = error

        self.client = threading.Thread(target=read)
        self.client.start()
        while not self.serving.metrics()['eft_num_requests_running{model_name="atlas"}']:
            time.sleep(0.01)

    def said(self, text, seconds=10):
        """Whether the server says something in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(text in line for line in self.serving.log):
                return True
            time.sleep(0.01)
        return False

    def test_the_first_lets_replies_finish(self):
        self.ask(4)
        self.process.send_signal(signal.SIGINT)
        self.assertTrue(self.said("stopping: 4 replies are not complete; Ctrl-C again stops at once"))
        self.assertEqual(self.process.wait(timeout=300), 0)
        self.client.join()
        self.assertEqual(len(self.answer["choices"]), 4)

    def test_the_second_stops_at_once(self):
        self.ask(64)
        self.process.send_signal(signal.SIGINT)
        self.assertTrue(self.said("stopping: 64 replies are not complete"))
        self.process.send_signal(signal.SIGINT)
        start = time.monotonic()
        # As of a program that does not handle the signal: a shell reports 130.
        self.assertEqual(self.process.wait(timeout=30), -signal.SIGINT)
        self.assertLess(time.monotonic() - start, 2)
        self.client.join()
        self.assertIsInstance(self.answer, OSError)

    def test_without_replies_it_stops_by_itself(self):
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(timeout=30), 0)
        self.assertTrue(self.said("eft: stopping\n"))


if __name__ == "__main__":
    unittest.main()
