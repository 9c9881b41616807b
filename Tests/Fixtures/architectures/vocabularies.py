"""Small synthetic vocabularies with the traits of the real ones: the kind of tokenizer, its way to cut
texts before it merges, the control tokens, and whether a text begins with one.
"""

from __future__ import annotations

import dataclasses

import gguf
from gguf import TokenType

# Whole words, as merges of letters or as pieces. `Ġ` and `▁` stand for the space before a word.
MERGES = ["t h", "th e", "i n", "a n", "an d", "e r", "Ġ the"]
PIECES = ["t", "h", "e", "▁", "▁t", "he", "▁the", "é"]


def letters() -> list[str]:
    """The letter that stands for each byte in byte-level tokenizers (GPT-2's table)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(b) if b in shown else chr(256 + hidden.index(b)) for b in range(256)]


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """Tokens with their kinds; `pre` names how a byte-level tokenizer cuts texts."""

    tokens: list[str]
    kinds: list[TokenType]
    beginning: int | None
    end: int
    adds_beginning: bool
    pre: str | None = None
    adds_space: bool = True

    def write(self, file: gguf.GGUFWriter) -> None:
        file.add_tokenizer_model("gpt2" if self.pre else "llama")
        file.add_tokenizer_pre(self.pre or "default")
        file.add_token_list(self.tokens)
        file.add_token_types(self.kinds)
        if self.pre:
            file.add_token_merges(MERGES)
        else:
            file.add_token_scores([-float(i) for i in range(len(self.tokens))])
            file.add_unk_token_id(self.kinds.index(TokenType.UNKNOWN))
            file.add_add_space_prefix(self.adds_space)
        if self.beginning is not None:
            file.add_bos_token_id(self.beginning)
        file.add_eos_token_id(self.end)
        file.add_add_bos_token(self.adds_beginning)


def byte_level(
    pre: str, control: list[str], end: str, beginning: str | None = None,
    adds_beginning: bool = False, size: int = 272,
) -> Vocabulary:
    """256 bytes, seven merged tokens, control tokens, and tokens never used up to `size`."""
    tokens = letters() + [merge.replace(" ", "") for merge in MERGES]
    kinds = [TokenType.NORMAL] * len(tokens) + [TokenType.CONTROL] * len(control)
    tokens += control
    kinds += [TokenType.UNUSED] * (size - len(tokens))
    tokens += [f"[PAD{i}]" for i in range(len(tokens), size)]
    return Vocabulary(
        tokens, kinds, tokens.index(beginning) if beginning else None, tokens.index(end),
        adds_beginning, pre)


def sentence_piece(first: list[str], control: list[str], adds_space: bool = True) -> Vocabulary:
    """The first tokens (`<unk>` among them), 256 bytes, eight pieces, and control tokens."""
    kinds = [TokenType.UNKNOWN if token == "<unk>" else TokenType.CONTROL for token in first]
    tokens = first + [f"<0x{byte:02X}>" for byte in range(256)] + PIECES + control
    kinds += [TokenType.BYTE] * 256 + [TokenType.NORMAL] * len(PIECES)
    kinds += [TokenType.CONTROL] * len(control)
    beginning, end = ("<bos>", "<eos>") if "<bos>" in first else ("<s>", "</s>")
    return Vocabulary(
        tokens, kinds, tokens.index(beginning), tokens.index(end), adds_beginning=True,
        adds_space=adds_space)


LLAMA2 = sentence_piece(["<unk>", "<s>", "</s>"], [])
MISTRAL = sentence_piece(["<unk>", "<s>", "</s>"], ["[INST]", "[/INST]"])
PHI3 = sentence_piece(
    ["<unk>", "<s>", "</s>"], ["<|endoftext|>", "<|assistant|>", "<|end|>", "<|user|>"])
GEMMA = sentence_piece(
    ["<pad>", "<eos>", "<bos>", "<unk>"], ["<start_of_turn>", "<end_of_turn>"], adds_space=False)
LLAMA3 = byte_level(
    "llama-bpe",
    ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
     "<|eot_id|>"],
    end="<|end_of_text|>", beginning="<|begin_of_text|>", adds_beginning=True)
FALCON = byte_level(
    "falcon", ["<|endoftext|>"], end="<|endoftext|>", beginning="<|endoftext|>")
QWEN = byte_level("qwen2", ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], end="<|endoftext|>")
PHI2 = byte_level("phi-2", ["<|endoftext|>"], end="<|endoftext|>", beginning="<|endoftext|>")
NEOX = byte_level("olmo", ["<|endoftext|>"], end="<|endoftext|>", beginning="<|endoftext|>")

# The vocabularies of real models that llama.cpp's source carries: name of the file, number of tokens.
REAL_LLAMA2, REAL_LLAMA3, REAL_PHI3 = ("llama-spm", 32000), ("llama-bpe", 128256), ("phi-3", 32064)
REAL_FALCON, REAL_QWEN, REAL_NEOX = ("falcon", 65024), ("qwen2", 151936), ("gpt-neox", 50432)
