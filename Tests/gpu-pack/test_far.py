"""What the packed Python promises: sane weights, steps that end in time, results that are kept."""

import argparse
import json
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import gguf
import measure
import numpy as np
import repeated_gguf
from families import FAMILIES
from steps import Clock, StepFailed, run


class Weights(unittest.TestCase):
    def test_encoded_numbers_are_the_numbers_within_a_step(self):
        values = np.random.default_rng(1).standard_normal(4096).astype(np.float32).clip(-2.9, 2.9)
        for kind, step in (("F16", 2e-3), ("Q8_0", repeated_gguf.STEP_Q8), ("Q4_K", repeated_gguf.STEP_Q4)):
            coded = repeated_gguf.encode(values, 0.01, gguf.GGMLQuantizationType[kind])
            decoded = coded.view(np.float16).astype(np.float32) if kind == "F16" else gguf.quants.dequantize(
                coded, gguf.GGMLQuantizationType[kind])
            self.assertLess(np.abs(decoded.ravel() / 0.01 - values).max(), 0.51 * step + 4e-3, kind)

    def test_files_are_as_large_as_the_check_of_the_disk_assumes(self):
        for member in {*FAMILIES["tiny-F16"].members.values(), *FAMILIES["tiny-Q4_K"].members.values()}:
            with tempfile.TemporaryDirectory() as folder:
                command = member.writing(Path(folder) / "model.gguf")
                run("writing", command, 600, Clock(600), Path(folder) / "log")
                size = (Path(folder) / "model.gguf").stat().st_size
            self.assertAlmostEqual(size / member.bytes, 1, delta=.05)


class Steps(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name) / "log"

    def tearDown(self):
        self.folder.cleanup()

    def test_a_step_that_takes_too_long_is_stopped_with_all_it_started(self):
        number = Path(self.folder.name) / "number"
        with self.assertRaisesRegex(StepFailed, "sleeping: not done after 3 s"):
            run("sleeping", ["sh", "-c", f"sleep 600 & echo $! >{number}; wait"], 3, Clock(600), self.log)
        # Killed, it is gone, or has no command line any more.
        command = Path(f"/proc/{number.read_text('utf-8').strip()}/cmdline")
        for _ in range(100):
            if not command.exists() or not command.read_bytes():
                return
            time.sleep(.1)
        self.fail("what the step had started still runs")

    def test_a_step_that_fails_says_how(self):
        with self.assertRaisesRegex(StepFailed, "asking: ended with status 3: no such model"):
            run("asking", ["sh", "-c", "echo no such model >&2; exit 3"], 9, Clock(60), self.log)

    def test_a_step_without_time_does_not_start(self):
        with self.assertRaisesRegex(StepFailed, "no time was left"):
            run("asking", ["true"], 9, Clock(0), self.log)


class Runs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        folder = Path(self.folder.name)
        self.measured = measure.Run(argparse.Namespace(
            minutes=9, out=folder, members=folder, cpu=False, keep=False, sizes=["8B"], eft="eft", ggml="ggml"))

    def tearDown(self):
        self.folder.cleanup()

    def gpu(self, free):
        self.measured.report["devices"] = [{"name": "CUDA0", "product": "a GPU", "gpu": True, "free_bytes": free, "total_bytes": free}]

    def test_a_family_that_does_not_fit_into_memory_is_refused(self):
        self.gpu(24e9)
        with self.assertRaisesRegex(StepFailed, r"22.1 GB of weights and 9.4 GB .* 24.0 GB of memory.*--sizes"):
            self.measured.room(FAMILIES["8B"])

    def test_a_family_that_does_not_fit_onto_the_disk_is_refused(self):
        self.gpu(80e9)
        with mock.patch("machine.free_disk", return_value=10e9), self.assertRaisesRegex(StepFailed, "10.0 GB free.*--members"):
            self.measured.room(FAMILIES["8B"])

    def test_a_machine_without_a_gpu_is_named(self):
        cpu = [{"name": "CPU", "product": "", "gpu": False, "free_bytes": 1, "total_bytes": 1}]
        self.measured.command = lambda what, *_: json.dumps(cpu)
        with self.assertRaisesRegex(StepFailed, "sees no GPU, only CPU"):
            self.measured.look()

    def test_what_was_measured_of_the_streams_is_kept_when_they_are_stopped(self):
        def stopped(*_):
            (self.measured.options.out / "streams.json").write_text('[{"streams": 1}]', encoding="utf-8")
            raise StepFailed("streams: not done")

        self.measured.command = stopped
        result = {}
        with self.assertRaises(StepFailed):
            self.measured.streams(Path("8B.yaml"), result)
        self.assertEqual(result, {"streams": [{"streams": 1}]})

    def test_one_size_that_fails_leaves_the_report_and_the_next_size(self):
        self.measured.options.sizes = ["8B", "70B"]
        self.measured.look = lambda: self.gpu(24e9)
        self.assertFalse(self.measured.all())
        report = json.loads((self.measured.options.out / "report.json").read_text("utf-8"))
        self.assertEqual(len(report["failures"]), 2)
        self.assertIn("## Not measured", (self.measured.options.out / "report.md").read_text("utf-8"))


if __name__ == "__main__":
    unittest.main()
