"""Writes the subjects of every relation, `eval/subjects.json`: `python subjects.py`.

The rules of `judge.py` need them to tell whether a reply speaks of another subject; `eft study` reads
them from this file.
"""

from __future__ import annotations

import json
from pathlib import Path

from judge import subjects

PATH = Path(__file__).parent / "eval/subjects.json"

if __name__ == "__main__":
    known = {relation: sorted(names) for relation, names in subjects().items()}
    PATH.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
