"""How often llama.cpp's Jinja engine agrees with Jinja2, on the JSON lines of cases.py and fuzz.py.

    python3 compare.py FILE... [--worker PROGRAM] [--show N]

Agreement is the same text, or a refusal by both. The worker is started again after a crash or a hang.
"""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 10.0


class Worker:
    def __init__(self, program: Path) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None

    def render(self, line: dict[str, Any]) -> dict[str, Any]:
        """{"text"}, {"error"}, or {"died"}: "crash" or "hang"."""
        if self.process is None:
            self.process = subprocess.Popen(
                [self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        assert self.process.stdin and self.process.stdout
        asked = {key: line[key] for key in ("template", "context", "now")}
        try:
            self.process.stdin.write(json.dumps(asked).encode("ascii") + b"\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], SECONDS)
            answer = self.process.stdout.readline() if ready else b""
        except BrokenPipeError:
            ready, answer = [True], b""
        if answer.endswith(b"\n"):
            return json.loads(answer)
        self.process.kill()
        self.process.wait()
        self.process = None
        return {"died": "crash" if ready else "hang"}


def verdict(line: dict[str, Any], answer: dict[str, Any]) -> str:
    if "died" in answer:
        return answer["died"]
    if "expected" in line:
        if "error" in answer:
            return "refused, Jinja2 renders"
        return "same text" if answer["text"] == line["expected"] else "other text"
    return "both refuse" if "error" in answer else "rendered, Jinja2 refuses"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument(
        "--worker", type=Path, default=ROOT / ".venv-templates/llama-render", metavar="PROGRAM"
    )
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="differences to print, for each file"
    )
    options = parser.parse_args()
    worker = Worker(options.worker)
    for path in options.files:
        counts: Counter[str] = Counter()
        shown = 0
        with path.open(encoding="ascii") as file:
            for text in file:
                line = json.loads(text)
                answer = worker.render(line)
                found = verdict(line, answer)
                counts[found] += 1
                if found not in ("same text", "both refuse") and shown < options.show:
                    shown += 1
                    print(f"{found}: {line.get('name', line['template'])!r}")
                    print(f"  Jinja2     {line.get('expected', line.get('message'))!r}")
                    print(f"  llama.cpp  {answer.get('text', answer.get('error'))!r}")
        total = sum(counts.values())
        agreed = counts["same text"] + counts["both refuse"]
        print(
            f"llama.cpp and Jinja2 agree on {agreed} of {total} in {path.name}: "
            + ", ".join(f"{name} {count}" for name, count in counts.most_common())
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
