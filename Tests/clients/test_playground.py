"""`eft playground` opens its page in the desktop's browser, here a script in its place."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from serving import EFT

COMMAND = [EFT, "playground", "Recipes/atlas.yaml"]


class Opening(unittest.TestCase):
    def test_the_page_is_opened(self):
        with tempfile.TemporaryDirectory() as folder:
            address = Path(folder) / "address"
            opener = Path(folder) / ("open" if sys.platform == "darwin" else "xdg-open")
            opener.write_text(f'#!/bin/sh\nprintf %s "$1" >{address}.new && mv {address}.new {address}\n')
            opener.chmod(0o755)
            path = f"{folder}:{os.environ['PATH']}"
            eft = subprocess.Popen(COMMAND, env={**os.environ, "PATH": path}, stderr=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + 60
                while not address.exists() and time.monotonic() < deadline:
                    self.assertIsNone(eft.poll())
                    time.sleep(0.05)
                with urllib.request.urlopen(address.read_text(), timeout=10) as page:
                    self.assertIn(b"<title>", page.read())
            finally:
                eft.send_signal(signal.SIGINT)
                self.assertEqual(eft.wait(timeout=30), 0)

    def test_without_a_browser_the_address_is_said(self):
        with tempfile.TemporaryDirectory() as empty:
            eft = subprocess.Popen(
                COMMAND, env={**os.environ, "PATH": empty}, stderr=subprocess.PIPE, text=True)
            try:
                said = ""
                while "no browser could be opened" not in said:
                    line = eft.stderr.readline()
                    self.assertTrue(line, said)
                    said += line
                self.assertRegex(said, r"playground: http://127\.0\.0\.1:\d+/\n")
            finally:
                eft.send_signal(signal.SIGINT)
                self.assertEqual(eft.wait(timeout=30), 0)
                eft.stderr.close()


if __name__ == "__main__":
    unittest.main()
