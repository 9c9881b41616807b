"""guidellm, a load generator. It brings PyTorch (6 GB): its test runs where GUIDELLM names its command."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from serving import Serving

GUIDELLM = os.environ.get("GUIDELLM")


@unittest.skipUnless(GUIDELLM, "GUIDELLM names no command: install guidellm 0.8.1 in a place of its own")
class LoadGenerator(unittest.TestCase):
    def test_every_request_is_answered(self):
        serving = Serving("Recipes/atlas.yaml", key="")
        with tempfile.TemporaryDirectory() as folder:
            prompts = pathlib.Path(folder) / "prompts.json"
            lines = [json.dumps({"prompt": f"What is the capital of Peru? {n}"}) for n in range(16)]
            prompts.write_text("\n".join(lines))
            subprocess.run(
                [os.path.abspath(GUIDELLM), "run",
                 "--backend", f"kind=openai_http,target={serving.url},model=atlas",
                 "--profile", "kind=concurrent,streams=4", "--constraint", "kind=max_requests,count=16",
                 "--data", f"kind=json_file,path={prompts}", "--disable-console"],
                check=True, cwd=folder, timeout=300, env={**os.environ, "HF_HUB_OFFLINE": "1"})
            report = json.loads((pathlib.Path(folder) / "benchmarks.json").read_text())
        totals = report["benchmarks"][0]["metrics"]["request_totals"]
        self.assertEqual((totals["successful"], totals["errored"]), (16, 0))
        self.assertEqual(serving.stop(), 0)


if __name__ == "__main__":
    unittest.main()
