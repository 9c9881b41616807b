"""Simon Willison's `llm`, as a command: a prompt, a schema, and tools on offer."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from atlas import MODEL, QUESTION, Place, Served

LLM = pathlib.Path(sys.executable).parent / "llm"


class LLMCommand(Served):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "extra-openai-models.yaml").write_text(json.dumps([{
            "model_id": MODEL, "model_name": MODEL, "api_base": self.url, "api_key_name": "eft",
            "supports_schema": True, "supports_tools": True}]))
        (self.folder / "keys.json").write_text(json.dumps({"eft": self.key}))

    def llm(self, *arguments):
        ran = subprocess.run(
            [LLM, "-m", MODEL, *arguments], env={**os.environ, "LLM_USER_PATH": str(self.folder)}, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def test_a_prompt_with_and_without_a_stream(self):
        options = ["-o", "temperature", "0", "-o", "max_tokens", "30"]
        text = self.llm(QUESTION, *options)
        self.assertTrue(text.strip())
        self.assertEqual(self.llm(QUESTION, "--no-stream", *options), text)

    def test_a_schema(self):
        schema = json.dumps(Place.model_json_schema())
        for options in [], ["--no-stream"]:
            Place.model_validate_json(self.llm(QUESTION, "--schema", schema, *options))

    def test_tools_on_offer(self):
        self.llm(QUESTION, "-T", "llm_version", "-o", "max_tokens", "20")


if __name__ == "__main__":
    unittest.main()
