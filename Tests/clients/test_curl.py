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


if __name__ == "__main__":
    unittest.main()
