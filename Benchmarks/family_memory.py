"""Memory of composites of published models, from the models' published shapes: weights, and cache in F16.

    python family_memory.py

Nothing is loaded or measured. Weights are the parameters times the bits of a format: F16 16, Q8_0 8.5, Q4_K_M
about 4.85 (it mixes formats, by tensor). Cache is for one sequence of a context. What computing takes comes
on top: 0.1 to 0.6 GB a member.
"""

from __future__ import annotations

from dataclasses import dataclass

BITS = {"F16": 16.0, "Q8_0": 8.5, "Q4_K_M": 4.85}
GIB = 1 << 30


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    hidden: int
    head_width: int = 0
    gated: bool = True
    tied: bool = False

    @property
    def head(self) -> int:
        return self.head_width or self.width // self.heads

    def parameters(self) -> int:
        """Matrices; norms are a few thousandths of a percent."""
        attention = self.width * self.head * 2 * (self.heads + self.kv_heads)
        feed_forward = (3 if self.gated else 2) * self.width * self.hidden
        embeddings = (1 if self.tied else 2) * self.vocabulary * self.width
        return embeddings + self.layers * (attention + feed_forward)

    def cache(self, context: int) -> int:
        """Bytes of keys and values in F16."""
        return 2 * 2 * self.layers * self.kv_heads * self.head * context


MODELS = {
    "Llama-1 7B": Shape(32000, 4096, 32, 32, 32, 11008),
    "Llama-1 65B": Shape(32000, 8192, 80, 64, 64, 22016),
    "Llama-2 7B": Shape(32000, 4096, 32, 32, 32, 11008),
    "Llama-2 70B": Shape(32000, 8192, 80, 64, 8, 28672),
    "Falcon 7B": Shape(65024, 4544, 32, 71, 1, 18176, gated=False),
    "Falcon 180B": Shape(65024, 14848, 80, 232, 8, 59392, gated=False),
    "Llama-3.1 8B": Shape(128256, 4096, 32, 32, 8, 14336),
    "Llama-3.1 70B": Shape(128256, 8192, 80, 64, 8, 28672),
    "Llama-3.2 1B": Shape(128256, 2048, 16, 32, 8, 8192, tied=True),
    "Qwen3 1.7B": Shape(151936, 2048, 28, 16, 8, 6144, head_width=128, tied=True),
    "Qwen3 14B": Shape(151936, 5120, 40, 40, 8, 17408, head_width=128),
    "Gemma 2 2B": Shape(256000, 2304, 26, 8, 4, 9216, head_width=256, tied=True),
    "Gemma 2 27B": Shape(256000, 4608, 46, 32, 16, 36864, head_width=128, tied=True),
}

# Large and small base; the tuned member has the small one's shape.
PAIRS = [
    ("Llama-1 65B", "Llama-1 7B", 2048), ("Llama-2 70B", "Llama-2 7B", 4096),
    ("Falcon 180B", "Falcon 7B", 2048), ("Llama-3.1 70B", "Llama-3.1 8B", 8192),
    ("Llama-3.1 70B", "Llama-3.2 1B", 8192),
    ("Qwen3 14B", "Qwen3 1.7B", 8192), ("Gemma 2 27B", "Gemma 2 2B", 8192),
    # Two families: the large base has a vocabulary of its own.
    ("Llama-3.1 70B", "Qwen3 1.7B", 8192), ("Qwen3 14B", "Llama-3.2 1B", 8192),
]


def weights(name: str, kind: str) -> float:
    return MODELS[name].parameters() * BITS[kind] / 8


def row(large: str, small: str, context: int) -> str:
    cells = [f"{large} + 2 × {small.split()[-1]}", str(context)]
    for kinds in (("Q4_K_M", "Q4_K_M"), ("Q4_K_M", "Q8_0"), ("Q8_0", "Q8_0"), ("F16", "F16")):
        total = weights(large, kinds[0]) + 2 * weights(small, kinds[1])
        cells.append(f"{total / GIB:.1f}")
    cache = MODELS[large].cache(context) + 2 * MODELS[small].cache(context)
    cells.append(f"{cache / GIB:.1f}")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print("| members | context | Q4_K_M | large Q4_K_M, small Q8_0 | Q8_0 | F16 | cache |")
    print("|---|---|---|---|---|---|---|")
    for pair in PAIRS:
        print(row(*pair))
