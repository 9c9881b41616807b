"""The members that are measured on another machine: sizes, files, recipes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import repeated_gguf

WRITER = Path(repeated_gguf.__file__)


@dataclass(frozen=True)
class Member:
    """A file of random weights, named by all that decides what is in it."""

    shape: str
    kind: str
    seed: int
    drift: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.shape}-{self.kind}-{self.seed}{f'-drift-{self.drift:g}' if self.drift else ''}.gguf"

    @property
    def bytes(self) -> int:
        return repeated_gguf.file_size(repeated_gguf.SHAPES[self.shape], self.kind)

    def writing(self, path: Path) -> list[object]:
        """The command that writes it."""
        return [sys.executable, WRITER, path, "--shape", self.shape, "--type", self.kind, "--seed", self.seed,
                "--drift", self.drift]


@dataclass(frozen=True)
class Family:
    large: Member
    small: Member
    chat: Member
    context: int
    note: str
    threads: str = "auto"

    @property
    def members(self) -> dict[str, Member]:
        return {"large": self.large, "small": self.small, "chat": self.chat}

    @property
    def weight_bytes(self) -> int:
        return sum(member.bytes for member in self.members.values())

    def cache_bytes(self, streams: int) -> int:
        """Keys and values of so many streams, in F16."""
        return sum(4 * shape.layers * shape.width // shape.heads * shape.kv_heads * self.context * streams
                   for shape in (repeated_gguf.SHAPES[member.shape] for member in self.members.values()))

    def recipe(self, folder: Path, name: str) -> Path:
        path = folder / f"{name}.yaml"
        files = "".join(f"  {role}: {member.name}\n" for role, member in self.members.items())
        path.write_text(f"name: {name}\nmembers:\n{files}formula: large + chat - small\nfallback: chat\n"
                        f"context: {self.context}\nengine: {{ threads: {self.threads} }}\n", encoding="utf-8")
        return path


def family(large: str, kind: str, small: str, context: int, note: str, threads: str = "auto") -> Family:
    return Family(Member(large, kind, 1), Member(small, "F16", 2), Member(small, "F16", 2, drift=0.3), context, note, threads)


FAMILIES = {
    "8B": family("8B", "F16", "1B", 1024, "shapes of Llama 3.1 8B and twice Llama 3.2 1B, all F16, vocabulary 128,256"),
    "70B": family("70B", "Q4_K", "1B", 1024, "shape of Llama 3.1 70B in Q4_K (embedding and output Q8_0), "
                  "and twice that of Llama 3.2 1B in F16, vocabulary 128,256"),
    # One thread: on a busy machine, threads that wait for each other at every step can take many times as long.
    "tiny-F16": family("large-tiny", "F16", "small-tiny", 512, "11 M and twice 2 M parameters, all F16, vocabulary 2048: a test, "
                       "whose speeds say nothing", threads="1"),
    "tiny-Q4_K": family("large-tiny", "Q4_K", "small-tiny", 512, "11 M parameters in Q4_K and twice 2 M in F16, vocabulary 2048: "
                        "a test, whose speeds say nothing", threads="1"),
}
