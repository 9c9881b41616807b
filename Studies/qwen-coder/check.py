"""Checks the adapters against `adapters/SHA256SUMS`; `python check.py --write` writes that file anew."""

from __future__ import annotations

import hashlib
import pathlib
import sys

ADAPTERS = pathlib.Path(__file__).resolve().parent / "adapters"
SUMS = ADAPTERS / "SHA256SUMS"


def digest(file: pathlib.Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main(write: bool) -> None:
    if write:
        SUMS.write_text("".join(f"{digest(file)}  {file.name}\n" for file in sorted(ADAPTERS.glob("*.gguf"))))
        return
    for line in SUMS.read_text().splitlines():
        wanted, name = line.split()
        file = ADAPTERS / name
        if not file.exists():
            sys.exit(f"{file} is missing. It is in the repository: git checkout {file}")
        if (there := digest(file)) != wanted:
            sys.exit(f"{file} is not the adapter of this repository: its SHA-256 is {there}, not {wanted}. "
                     "After a training of your own, run: python3 Studies/qwen-coder/check.py --write")


if __name__ == "__main__":
    main("--write" in sys.argv[1:])
