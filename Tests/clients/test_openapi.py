"""Documentation/openapi.yaml against a running server: schemathesis sends what the document allows, and what it
does not, and checks every answer against it."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import yaml
from serving import KEY, Serving

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance",
          "response_schema_conformance", "negative_data_rejection"]
EXAMPLES = os.environ.get("EXAMPLES", "25")  # of each route


class Document(unittest.TestCase):
    def setUp(self):
        # Short replies: it is their form that is looked at.
        self.serving = Serving("Recipes/atlas.yaml", "Recipes/atlas-proxy.yaml", "--max-output", "8")

    def tearDown(self):
        self.assertEqual(self.serving.stop(), 0)

    def test_the_server_gives_its_document(self):
        with urllib.request.urlopen(self.serving.url + "/openapi.json", timeout=10) as answer:
            served = json.load(answer)
        document = yaml.safe_load(pathlib.Path("Documentation/openapi.yaml").read_text())
        self.assertEqual(served.pop("servers"), [{"url": "/"}])
        document.pop("servers")
        self.assertEqual(served, json.loads(json.dumps(document)))

    def test_answers_are_as_documented(self):
        document = yaml.safe_load(pathlib.Path("Documentation/openapi.yaml").read_text())
        schemas = document["components"]["schemas"]
        # Else nearly every request would be refused for its model or its length.
        schemas["ModelName"]["enum"] = ["atlas", "atlas-proxy"]
        schemas["OptionalModelName"]["enum"] = ["atlas", "atlas-proxy", None]
        # There are two recipes: one is to be named.
        schemas["RequestedModelName"].update(type="string", enum=["atlas", "atlas-proxy"])
        schemas["TokenCount"]["maximum"] = 8
        schemas["CompletionRequest"]["properties"]["max_tokens"]["maximum"] = 8
        for request in ["ChatCompletionRequest", "CompletionRequest"]:
            schemas[request]["properties"]["n"]["maximum"] = 3
        for request in ["ChatCompletionRequest", "CompletionRequest", "ResponsesRequest", "MessagesRequest",
                        "CountTokensRequest"]:
            schemas[request]["required"].append("model")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "openapi.yaml"
            path.write_text(yaml.safe_dump(document))
            command = pathlib.Path(sys.executable).parent / "schemathesis"
            run = subprocess.run(
                [command, "run", path, "--url", self.serving.url, "-H", f"Authorization: Bearer {KEY}",
                 "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
                 "--max-examples", EXAMPLES, "--seed", "1", "--request-timeout", "60",
                 "--suppress-health-check", "all", "--continue-on-failure", "--warnings", "off"],
                capture_output=True, text=True, cwd=folder)
        print("\n" + run.stdout[run.stdout.rfind("SUMMARY"):])
        self.assertEqual(run.returncode, 0, run.stdout[-8000:] + run.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
