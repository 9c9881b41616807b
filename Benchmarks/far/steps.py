"""Commands that may take so long and no longer; what they start ends with them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path


class StepFailed(Exception):
    """Says what went wrong, in a sentence for the report."""


class Clock:
    """The time that is left of a whole run."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self.end - time.monotonic()


def run(what: str, command: list[object], limit: float, clock: Clock, log: Path) -> str:
    """What the command prints. Its standard error goes to the log, and its end into the message if it fails."""
    seconds = min(limit, clock.left)
    if seconds < 1:
        raise StepFailed(f"{what}: no time was left. Give more with --minutes, or run it again: what is done stays done.")
    with log.open("ab+") as errors:
        errors.write(f"\n== {what}\n".encode())
        errors.flush()
        start = errors.tell()
        with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=errors,
                              text=True, start_new_session=True) as process:
            try:
                output, _ = process.communicate(timeout=seconds)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise StepFailed(f"{what}: not done after {seconds:.0f} s, and stopped. "
                                     f"Give more with --minutes, or see {log.name}.") from None
                raise
        if process.returncode:
            errors.seek(start)
            last = errors.read().decode(errors="replace").strip().splitlines()[-3:]
            said = " / ".join(last) or "nothing on standard error"
            raise StepFailed(f"{what}: ended with status {process.returncode}: {said}")
    return output
