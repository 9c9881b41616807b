"""The tokenizers of the members, each a byte-level BPE: the one that the family shares, and another."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import corpus
from corpus import Almanac
from cutting import cutter
from gguf_header import CONTROL

SAMPLE_DOCUMENTS = 20_000
BUILD = Path(__file__).parent / "build"


@dataclass(frozen=True)
class Variant:
    """What makes a tokenizer: its size, how it cuts text into words (a name of `cutting.py`), the seed of
    the almanac that it learns its merges from, and whether the control tokens are its first or its last."""

    name: str
    size: int
    pre: str
    seed: int
    control_first: bool

    @property
    def path(self) -> Path:
        return BUILD / f"tokenizer-{self.name}.json"


FAMILY = Variant("family", 2048, "gpt-2", corpus.SEED, control_first=True)
OTHER = Variant("other", 3000, "qwen2", 8, control_first=False)


def of(member: str) -> Variant:
    """The tokenizer of a member."""
    return OTHER if member.endswith("-other") else FAMILY


def train(variant: Variant) -> Tokenizer:
    """Learns the merges from a sample of an almanac."""
    first, last = (list(CONTROL), []) if variant.control_first else ([], list(CONTROL))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = cutter(variant.pre)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=variant.size - len(last),
        special_tokens=first,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    documents = (
        re.sub("|".join(map(re.escape, CONTROL)), "\n", document)
        for document in itertools.islice(Almanac(variant.seed).documents(), SAMPLE_DOCUMENTS))
    tokenizer.train_from_iterator(documents, trainer)
    tokenizer.add_special_tokens(last)
    return tokenizer


def load(variant: Variant = FAMILY) -> Tokenizer:
    """The tokenizer, trained when there is none yet."""
    if not variant.path.exists():
        variant.path.parent.mkdir(exist_ok=True)
        train(variant).save(str(variant.path))
    return Tokenizer.from_file(str(variant.path))


if __name__ == "__main__":
    for variant in (FAMILY, OTHER):
        tokenizer = load(variant)
        print(variant, tokenizer.get_vocab_size(), tokenizer.encode("The capital of Peru is Lima.").tokens)
