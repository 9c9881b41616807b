"""A real `eft serve` on loopback, for the tests of its clients and of its page."""

import os
import re
import signal
import subprocess
import threading
import urllib.request

EFT = os.environ.get("EFT", ".build/release/eft")
KEY = "test-key"


class Serving:
    """The server while it runs; `url` ends without a slash."""

    def __init__(self, *arguments, key=KEY, command="serve"):
        self.process = subprocess.Popen(
            [EFT, command, *arguments, "--port", "0"],
            env={**os.environ, "EFT_API_KEY": key},
            stderr=subprocess.PIPE, text=True)
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r" (http://[^/]+)/(v1)?$", line):
                self.url = found[1]
                break
        else:
            raise RuntimeError(f"eft {command} did not start:\n" + "".join(self.log))
        # A full pipe would stop the server.
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def metrics(self):
        """The values of /metrics, by name and labels."""
        request = urllib.request.Request(
            self.url + "/metrics", headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def stop(self):
        """Asks the server to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.reader.join(timeout=5)
        self.process.stderr.close()
        return code
