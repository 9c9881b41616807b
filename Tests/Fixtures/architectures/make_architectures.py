"""Makes a tiny model of every architecture, and writes what transformers computes with it.

    python make_architectures.py --llama-cpp FOLDER

Weights are random under a fixed seed. llama.cpp's own conversion turns the saved model into F32 GGUF;
only the vocabulary is ours. See README.md.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
LENGTHS = (40, 11, 1)
# Log-probabilities are recorded of so many ids, evenly spread.
REPORTED = 8


class TabulatedGELU(torch.nn.Module):
    """GELU as llama.cpp computes it on the CPU: by the formula with tanh, from a table whose arguments
    and values are F16. Matches `ggml_vec_gelu_f32`."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        table = torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().float()
        return torch.where(x <= -10, 0.0, torch.where(x >= 10, x, table))


def tabulate(model: torch.nn.Module) -> bool:
    """Puts the table in place of every GELU; whether there is one."""
    found = [(module, name) for module in model.modules()
             for name, part in module.named_children() if "GELU" in type(part).__name__]
    for module, name in found:
        setattr(module, name, TabulatedGELU())
    return bool(found)


def randomise(model: torch.nn.Module, seed: int, shifted_norms: bool) -> None:
    """Weights that keep every part's influence visible: no norm or bias is trivial, attention is not
    uniform, and the logits are not flat."""
    generator = torch.Generator().manual_seed(seed)
    for name, weights in sorted(model.named_parameters()):
        noise = torch.randn(weights.shape, generator=generator)
        kind = name.rsplit(".", 2)[-2:]
        if kind[-1] == "A_log":  # Mamba: how fast each part of the state is forgotten
            made = torch.log(torch.arange(1, weights.shape[-1] + 1).float()) + 0.1 * noise
        elif weights.dim() == 1:
            is_norm = kind[-1] == "D" or (kind[-1] == "weight" and not shifted_norms)
            made = 0.1 * noise + float(is_norm)
        elif kind[0] in ("embed_tokens", "word_embeddings", "embed_in", "embeddings", "lm_head",
                         "embed_out"):
            made = 0.4 * noise
        else:
            made = 1.3 * noise / math.sqrt(weights.shape[-1])
        weights.copy_(made)


def tokens(count: int, seed: int, vocabulary: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, vocabulary, count).tolist()


def log_probabilities(model: torch.nn.Module, ids: list[int], reported: list[int]) -> list:
    rows = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), dim=-1)
    return [[round(value, 7) for value in row] for row in rows[:, reported].tolist()]


def convert(model: torch.nn.Module, architecture, path: Path) -> str:
    """Writes the model as GGUF; the architecture's name there."""
    import conversion
    import gguf

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        vocabulary = architecture.vocabulary
        # Gemma 3's conversion counts the tokens here.
        (Path(folder) / "tokenizer.json").write_text(json.dumps(
            {"model": {"vocab": dict.fromkeys(vocabulary.tokens, 0)}, "added_tokens": []}))
        known = conversion.get_model_class(architecture.model)
        made = type(known.__name__, (known,), {
            "model_arch": known.model_arch,
            "set_vocab": lambda self: vocabulary.write(self.gguf_writer),
        })(Path(folder), gguf.LlamaFileType.ALL_F32, path, model_name=architecture.name,
           hparams=known.load_hparams(Path(folder), False) | architecture.older_keys)
        made.write()
        return made.gguf_writer.arch


def repeated(rows: torch.Tensor, count: int) -> torch.Tensor:
    """So many rows: the given ones again and again, each time a little longer."""
    ids = torch.arange(count)
    return rows[ids % len(rows)] * (1 + (ids // len(rows)).float() / 1024)[:, None]


def widened(architecture, model: torch.nn.Module, vocabulary: int) -> torch.nn.Module:
    """The same layers between embeddings of another vocabulary's size."""
    large = architecture.build(vocabulary).float().eval()
    given = model.state_dict()
    for name, weights in large.state_dict().items():
        same = weights.shape == given[name].shape
        weights.copy_(given[name] if same else repeated(given[name], len(weights)))
    return large


def measure(model: torch.nn.Module, seed: int, vocabulary: int, long_after: int | None) -> dict:
    """What the model computes with tokens of its vocabulary."""
    reported = list(range(0, vocabulary, math.ceil(vocabulary / REPORTED)))
    sequences = [tokens(count, seed + count, vocabulary) for count in LENGTHS]
    exact = [log_probabilities(model, ids, reported) for ids in sequences]
    long = None
    if long_after:
        more = tokens(long_after, seed, vocabulary)
        long = log_probabilities(model, sequences[0] + more, reported)[:len(sequences[0])]
    tabulated = [log_probabilities(model, ids, reported) for ids in sequences] if tabulate(model) \
        else None
    return {
        "vocabulary": vocabulary,
        "reported": reported,
        "sequences": sequences,
        "logProbabilities": exact,
        "withTabulatedGELU": tabulated,
        "asPartOfLongText": long,
    }


@torch.inference_mode()
def make(architecture, seed: int) -> list[dict[str, object]]:
    """The model with its small vocabulary, and with the real one if there is one."""
    size = len(architecture.vocabulary.tokens)
    model = architecture.build(size).float().eval()
    randomise(model, seed, architecture.shifted_norms)
    known = convert(model, architecture, HERE / f"{architecture.name}.gguf")
    about = {"name": architecture.name, "architecture": known,
             "windowIgnored": architecture.window_ignored}
    made = []
    if architecture.real:
        name, count = architecture.real
        made.append(about | {"realVocabulary": name}
                    | measure(widened(architecture, model, count), seed, count, None))
    return [about | measure(model, seed, size, architecture.long_after), *made]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llama-cpp", type=Path, required=True, help="llama.cpp's source")
    parser.add_argument("--only", action="append", help="names of architectures")
    options = parser.parse_args()
    sys.path[:0] = [str(options.llama_cpp), str(options.llama_cpp / "gguf-py")]
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    import transformers

    known = importlib.import_module("architectures").ARCHITECTURES
    made = []
    for index, architecture in enumerate(known):
        if options.only and architecture.name not in options.only:
            continue
        made += make(architecture, 100 + index)
        print(f"made {architecture.name}")
    if options.only:
        return
    reference = {
        "made": {"torch": torch.__version__, "transformers": transformers.__version__},
        "architectures": made,
    }
    lines = json.dumps(reference, separators=(",", ":")).replace('{"name"', '\n{"name"')
    (HERE / "reference.json").write_text(lines + "\n")


if __name__ == "__main__":
    main()
