"""Writes a GGUF model with a byte-level BPE as a Hugging Face folder, tokenizer included.

    python Tests/vllm/export.py Atlas/weights/large-base.gguf FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import gguf
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Benchmarks"))
import gguf_to_hf  # noqa: E402

CONTROL = 3


def tokenizer(path: str) -> PreTrainedTokenizerFast:
    fields = gguf.GGUFReader(path).fields
    if fields["tokenizer.ggml.model"].contents() != "gpt2":
        raise SystemExit("Only byte-level BPE (`gpt2`) tokenizers are known.")
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    made = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(token, special=True)
                             for token, kind in zip(tokens, kinds) if kind == CONTROL])
    end = tokens[int(fields["tokenizer.ggml.eos_token_id"].contents())]
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token=end, clean_up_tokenization_spaces=False)


def main() -> None:
    path, folder = sys.argv[1:]
    gguf_to_hf.load(path).save_pretrained(folder)
    tokenizer(path).save_pretrained(folder)


if __name__ == "__main__":
    main()
