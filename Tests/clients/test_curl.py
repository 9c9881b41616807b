"""The commands of the README and of Documentation/serving.md, as they are written there."""

import json
import pathlib
import re
import subprocess
import unittest

from serving import KEY, Serving


class Curl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes")

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def commands(self, path):
        """Every `curl` command of a file, with this server's address and key."""
        text = pathlib.Path(path).read_text()
        found = re.findall(r"^curl (?:\\\n|'[^']*'|[^'\n])*$", text, re.MULTILINE)
        self.assertTrue(found, path)
        for command in found:
            command = command.replace("http://127.0.0.1:8080", self.serving.url)
            if "Authorization" not in command:
                command += f" -H 'Authorization: Bearer {KEY}'"
            yield command.replace("secret", KEY)

    def test_commands_of_documents(self):
        for path in ["README.md", "Documentation/serving.md"]:
            for command in self.commands(path):
                output = subprocess.run(
                    ["bash", "-c", command], check=True, capture_output=True, text=True).stdout
                reply = json.loads(output)["choices"][0]["message"]["content"]
                self.assertIn("Adolphe Sax", reply)

    def test_a_body_that_is_announced_is_asked_for_at_once(self):
        body = json.dumps({"model": "atlas", "prompt": "x", "max_tokens": 1})
        run = subprocess.run(
            ["curl", "-sv", "-H", "Expect: 100-continue", "-H", f"x-api-key: {KEY}", "-d", body,
             self.serving.url + "/completions"], check=True, capture_output=True, text=True)
        self.assertEqual(len(json.loads(run.stdout)["choices"]), 1)
        self.assertIn("HTTP/1.1 100 Continue", run.stderr)
        # Without an answer curl sends its body after a second, and says so.
        self.assertNotIn("Done waiting for 100-continue", run.stderr)


if __name__ == "__main__":
    unittest.main()
