"""What `eft` converts says what transformers says of the same weights."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import models
import psutil
import torch

EFT = os.environ["EFT"]
PROMPT, RESPONSE = "A composite of language models", " is decoded as if it were one model: 3 members, ¿no?"


class ConvertTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="eft-convert-")
        cls.path = pathlib.Path(cls.home.name)
        cls.folder = cls.path / "models" / "tiny base"
        cls.model, cls.words = models.model(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.home.cleanup()

    def environment(self):
        kept = {key: os.environ[key] for key in ("PATH", "EFT_CONVERTER", "LD_LIBRARY_PATH") if key in os.environ}
        return {**kept, "HOME": str(self.path)}

    def eft(self, *arguments, ok=True):
        done = subprocess.run([EFT, *map(str, arguments)], env=self.environment(), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0 if ok else 1, done.stderr)
        return done

    def score(self, *members):
        """What eft says of the response: token ids and log-probabilities."""
        done = self.eft(
            "score", *members, "--formula", "a", "--raw", "--open", "--json", "--cache-type", "f32",
            "--flash-attention", "off", "--context", "128", "--prompt", PROMPT, "--response", RESPONSE)
        reply = json.loads(done.stdout)
        return reply, done.stderr

    def difference(self, model, reply):
        """The largest difference to transformers' log-probabilities, in nats."""
        prompt = self.words(PROMPT)["input_ids"]
        self.assertEqual(len(prompt), reply["statistics"]["prompt_tokens"])
        ids = [token["id"] for token in reply["tokens"]]
        self.assertGreater(len(ids), 10)
        with torch.no_grad():
            logits = model(torch.tensor([prompt + ids])).logits[0].double()
        rows = torch.log_softmax(logits, -1)[len(prompt) - 1:-1]
        theirs = rows.gather(1, torch.tensor(ids)[:, None])[:, 0]
        ours = torch.tensor([token["logprob"] for token in reply["tokens"]], dtype=torch.double)
        return (theirs - ours).abs().max().item()

    def converted(self):
        folder = self.path / ".cache/eft/converted"
        return sorted(file.name for file in folder.glob("*")) if folder.exists() else []

    def test_a_folder_of_safetensors_says_what_transformers_says(self):
        reply, said = self.score("--member", f"a={self.folder}")
        self.assertIn(f"eft: converting {self.folder} to GGUF (only this first time): ", said)
        worst = self.difference(self.model, reply)
        print(f"\nmodel, {len(list(self.folder.glob('*.safetensors')))} files, F32: largest |log p - log p'| {worst:.2e} nats")
        self.assertLess(worst, 1e-4)
        self.assertEqual(reply["tokens"][0]["members"], {"a": reply["tokens"][0]["logprob"]})
        again, said = self.score("--member", f"a={self.folder}")
        self.assertNotIn("converting", said)
        self.assertEqual(again["tokens"], reply["tokens"])

    def test_a_peft_adapter_says_what_peft_says(self):
        made = models.adapter(self.path / "adapter", models.model(self.path / "adapter base")[0], "org/base")
        base = self.path / "adapter base"
        members = ("--member", f"a={base}", "--lora", f"a={self.path / 'adapter'}")
        reply, _ = self.score(*members)
        worst = self.difference(made, reply)
        plain, _ = self.score("--member", f"a={base}")
        apart = max(abs(x["logprob"] - y["logprob"]) for x, y in zip(reply["tokens"], plain["tokens"]))
        print(f"\nadapter: largest |log p - log p'| {worst:.2e} nats; it moves log p by up to {apart:.2f}")
        self.assertGreater(apart, 0.5)
        self.assertLess(worst, 1e-4)
        # Over the GGUF file of the same base, whose config.json the Hugging Face cache has.
        file = next((self.path / ".cache/eft/converted").glob("adapter-base-*.gguf"))
        done = self.eft("inspect", "--member", f"a={file}", "--lora", f"a={self.path / 'adapter'}", "--formula", "a", ok=False)
        self.assertIn("hf download org/base config.json", done.stderr)
        snapshot = self.path / ".cache/huggingface/hub/models--org--base/snapshots/c0ffee"
        snapshot.mkdir(parents=True)
        (snapshot.parents[1] / "refs").mkdir()
        (snapshot.parents[1] / "refs/main").write_text("c0ffee")
        (snapshot / "config.json").write_bytes((base / "config.json").read_bytes())
        other, _ = self.score("--member", f"a={file}", "--lora", f"a={self.path / 'adapter'}")
        self.assertEqual([t["logprob"] for t in other["tokens"]], [t["logprob"] for t in reply["tokens"]])

    def test_an_adapter_of_another_model_is_refused(self):
        wide, _ = models.model(self.path / "wide", width=128)
        models.adapter(self.path / "wide adapter", wide, str(self.path / "wide"))
        # By the member's own config.json the converter cannot see it: libllama does.
        done = self.eft(
            "inspect", "--member", f"a={self.folder}", "--lora", f"a={self.path / 'wide adapter'}", "--formula", "a", ok=False)
        print(f"\n{done.stderr.splitlines()[-1]}")
        self.assertIn("An adapter fits only the base model it was trained on.", done.stderr)

    def test_adapters_that_gguf_cannot_express_are_refused(self):
        for name in ("use_rslora", "use_dora"):
            base, _ = models.model(self.path / f"base {name}")
            models.adapter(self.path / name, base, "org/base", **{name: True})
            done = self.eft(
                "inspect", "--member", f"a={self.folder}", "--lora", f"a={self.path / name}", "--formula", "a", ok=False)
            self.assertIn(f"(`{name}`)", done.stderr)

    def test_16_bits_stay_16_bits(self):
        models.model(self.path / "half", dtype=torch.bfloat16)
        done = self.eft("inspect", "--member", f"a={self.path / 'half'}", "--formula", "a")
        self.assertIn(f"found as      {self.path / 'half'}, converted from {self.path / 'half'}", done.stdout)
        self.assertIn("BF16", done.stdout.upper())

    def test_code_of_a_model_is_not_run(self):
        folder = self.path / "with code"
        models.model(folder)
        marker = self.path / "ran"
        (folder / "tokenization_evil.py").write_text(f"open({str(marker)!r}, 'w').close()\nclass EvilTokenizer: pass\n")
        (folder / "configuration_evil.py").write_text(f"open({str(marker)!r}, 'w').close()\nclass EvilConfig: pass\n")
        (folder / "tokenizer.model").unlink()
        (folder / "tokenizer_config.json").write_text(json.dumps(
            {"tokenizer_class": "EvilTokenizer", "auto_map": {"AutoTokenizer": ["tokenization_evil.EvilTokenizer", None]}}))
        config = json.loads((folder / "config.json").read_text())
        config["auto_map"] = {"AutoConfig": "configuration_evil.EvilConfig"}
        config["model_type"] = "evil"
        (folder / "config.json").write_text(json.dumps(config))
        done = self.eft("inspect", "--member", f"a={folder}", "--formula", "a", ok=False)
        print(f"\n{done.stderr.splitlines()[-1]}")
        self.assertIn("llama.cpp's converter could not convert", done.stderr)
        self.assertIn("The model brings code of its own", done.stderr)
        self.assertFalse(marker.exists())

    def test_an_unknown_architecture_is_the_converters_own_message(self):
        folder = self.path / "unknown"
        models.model(folder)
        config = json.loads((folder / "config.json").read_text())
        config["architectures"] = ["SphinxForCausalLM"]
        (folder / "config.json").write_text(json.dumps(config))
        done = self.eft("inspect", "--member", f"a={folder}", "--formula", "a", ok=False)
        self.assertIn("Model SphinxForCausalLM is not supported", done.stderr)
        self.assertFalse([name for name in self.converted() if name.startswith("unknown") and name.endswith((".gguf", ".partial"))])

    def test_killing_eft_ends_the_conversion_and_leaves_no_file(self):
        folder = self.path / "killed"
        models.model(folder)
        process = subprocess.Popen(
            [EFT, "inspect", "--member", f"a={folder}", "--formula", "a"], env=self.environment(), stderr=subprocess.PIPE, text=True)
        self.assertIn("converting", process.stderr.readline())
        deadline, converter = time.time() + 10, []
        while time.time() < deadline and not converter:
            converter = psutil.Process(process.pid).children()
            time.sleep(0.1)
        self.assertTrue(converter)
        time.sleep(3)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        deadline = time.time() + 20
        while time.time() < deadline and any(child.is_running() for child in converter):
            time.sleep(0.2)
        self.assertFalse(any(child.is_running() for child in converter))
        left = [name for name in self.converted() if name.startswith("killed")]
        self.assertFalse([name for name in left if name.endswith((".gguf", ".txt", ".partial"))], left)
        self.eft("inspect", "--member", f"a={folder}", "--formula", "a")


if __name__ == "__main__":
    unittest.main()
