"""Memory stays flat over many requests; ENDURANCE=10000 sends as many (default 2000)."""

import http.client
import json
import os
import pathlib
import threading
import unittest
from urllib.parse import urlparse

from serving import KEY, Serving

REQUESTS = int(os.environ.get("ENDURANCE", "2000"))


class Endurance(unittest.TestCase):
    def setUp(self):
        self.serving = Serving("Recipes/atlas.yaml", "--sequences", "4")

    def tearDown(self):
        self.assertEqual(self.serving.stop(), 0)

    def resident(self):
        """Memory of the server in MiB."""
        status = pathlib.Path(f"/proc/{self.serving.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def send(self, count, lane):
        connection = http.client.HTTPConnection(urlparse(self.serving.url).netloc, timeout=60)
        for index in range(count):
            body = {"model": "atlas", "max_tokens": 2, "stream": index % 2 == 0,
                    "messages": [{"role": "user", "content": f"Question {index} of {lane}?"}]}
            if index % 10 == 9:
                body["n"] = "many"  # refused
            connection.request(
                "POST", "/v1/chat/completions", json.dumps(body),
                {"Authorization": f"Bearer {KEY}"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == (400 if "n" in body else 200), answer.status
        connection.close()

    def load(self, count):
        threads = [threading.Thread(target=self.send, args=(count // 4, lane)) for lane in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @unittest.skipUnless(os.path.exists("/proc/self/status"), "reads memory from /proc")
    def test_memory_is_flat(self):
        self.load(400)
        before = self.resident()
        self.load(REQUESTS)
        after = self.resident()
        print(f"\n{REQUESTS} requests: {before:.1f} MiB, then {after:.1f} MiB")
        # The allocator's slack; a few hundred bytes kept of each request would be more.
        self.assertLess(after - before, max(0.75, REQUESTS / 8192))


if __name__ == "__main__":
    unittest.main()
