"""See Tests/vllm/record."""

import os
import subprocess
import sys
import tempfile

from vllm_server import ROOT, Proxy, VLLM

KEY = "k"

with tempfile.TemporaryDirectory() as folder:
    with VLLM("Tests/Fixtures/llama/tiny-one-head.gguf", folder, "tiny", key=KEY) as server:
        record = ROOT / "Tests/RemoteBackendTests/Exchanges/vllm.json"
        with Proxy(server.url, record=record) as proxy:
            done = subprocess.run(
                ["make", "test", "SWIFT_TEST_FLAGS=--filter RecordedExchangeTests"], cwd=ROOT,
                env={**os.environ, "EFT_VLLM_URL": proxy.url})
sys.exit(done.returncode)
