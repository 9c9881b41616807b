"""A vLLM server and a proxy before it, for the tests and the benchmark."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class VLLM:
    """`vllm serve` of a GGUF file's model, exported to a folder, in single precision."""

    def __init__(self, gguf: str, folder: str, name: str, *arguments: str, key: str | None = None):
        model = Path(folder) / name
        if not model.exists():
            subprocess.run([sys.executable, ROOT / "Tests/vllm/export.py", ROOT / gguf, model], check=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = Path(folder) / f"vllm-{port}.log"
        command = [
            Path(sys.executable).parent / "vllm", "serve", model, "--served-model-name", name,
            "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--enforce-eager",
            "--max-model-len", "512", "--max-num-seqs", "32", *arguments,
        ]
        if key:
            command += ["--api-key", key]
        environment = {
            **os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1",
            "HF_HUB_OFFLINE": "1",
        }
        self.process = subprocess.Popen(
            [str(part) for part in command], env=environment, stdout=self.log.open("w"),
            stderr=subprocess.STDOUT, start_new_session=True)

    def __enter__(self) -> VLLM:
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(self.url + "/health", timeout=5)
                return self
            except OSError:
                time.sleep(1)
        tail = self.log.read_text()[-4000:]
        self.kill()
        raise RuntimeError(f"vLLM did not start:\n{tail}")

    def kill(self) -> None:
        """Ends the server and its workers at once, as a crash would."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            pass
        self.kill()


class Proxy:
    """Benchmarks/http_proxy.py before a server."""

    def __init__(self, url: str, delay_ms: float = 0, record: Path | None = None):
        command = [sys.executable, ROOT / "Benchmarks/http_proxy.py", "--to", url,
                   "--delay-ms", str(delay_ms)]
        if record:
            command += ["--record", record]
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
