"""Makes the tiny model files beside this script: random weights, every format the backend must tell
apart. The numbers mean nothing; the seed makes them the same on every run.

    pip install gguf==0.19.0 && python make_models.py
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

HERE = Path(__file__).parent
WIDTH, HEADS, HIDDEN, LAYERS = 32, 2, 64, 2
TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def letters() -> list[str]:
    """The letter that stands for each byte in byte-level tokenizers (GPT-2's table)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(b) if b in shown else chr(256 + hidden.index(b)) for b in range(256)]


class Model:
    """A GGUF file in the making."""

    def __init__(self, name: str, architecture: str = "llama", seed: int = 1, **writer) -> None:
        self.random = np.random.default_rng(seed)
        self.file = gguf.GGUFWriter(HERE / name, architecture, **writer)
        self.size = 0

    def sizes(self, context: int = 512, shared_heads: bool = True, heads: int = HEADS) -> None:
        file = self.file
        file.add_name("Tiny")
        file.add_license("mit")
        file.add_file_type(gguf.LlamaFileType.ALL_F32)
        file.add_context_length(context)
        file.add_embedding_length(WIDTH)
        file.add_block_count(LAYERS)
        file.add_feed_forward_length(HIDDEN)
        file.add_head_count(heads)
        if shared_heads:
            file.add_head_count_kv(heads)
        file.add_layer_norm_rms_eps(1e-5)

    def byte_vocabulary(self, template: bool = True) -> None:
        """256 bytes, seven merged tokens, a piece that users added, and three control tokens."""
        merges = ["t h", "th e", "i n", "a n", "an d", "e r", "Ġ the"]
        tokens = letters() + [merge.replace(" ", "") for merge in merges]
        kinds = [NORMAL] * len(tokens)
        tokens += ["<tool>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        kinds += [USER_DEFINED, CONTROL, CONTROL, CONTROL]
        file = self.file
        file.add_tokenizer_model("gpt2")
        file.add_tokenizer_pre("gpt-2")
        file.add_token_list(tokens)
        file.add_token_types(kinds)
        file.add_token_merges(merges)
        file.add_bos_token_id(tokens.index("<|endoftext|>"))
        file.add_eos_token_id(tokens.index("<|endoftext|>"))
        file.add_add_bos_token(False)
        if template:
            file.add_chat_template(TEMPLATE)
        self.size = len(tokens)

    def piece_vocabulary(self, with_bytes: bool = True) -> None:
        """A SentencePiece vocabulary: `<unk>`, `<s>`, `</s>`, bytes and a few pieces."""
        tokens = ["<unk>", "<s>", "</s>"]
        kinds = [UNKNOWN, CONTROL, CONTROL]
        if with_bytes:
            tokens += [f"<0x{byte:02X}>" for byte in range(256)]
            kinds += [BYTE] * 256
        pieces = ["▁", "t", "h", "e", "▁t", "he", "▁the", "é"]
        tokens += pieces
        kinds += [NORMAL] * len(pieces)
        file = self.file
        file.add_tokenizer_model("llama")
        file.add_token_list(tokens)
        file.add_token_scores([-float(i) for i in range(len(tokens))])
        file.add_token_types(kinds)
        file.add_bos_token_id(1)
        file.add_eos_token_id(2)
        file.add_unk_token_id(0)
        file.add_add_bos_token(True)
        file.add_add_eos_token(True)
        self.size = len(tokens)

    def tensor(self, name: str, *shape: int) -> None:
        values = self.random.standard_normal(shape) / np.sqrt(shape[-1])
        self.file.add_tensor(name, values.astype(np.float32))

    def ones(self, name: str, count: int = WIDTH) -> None:
        self.file.add_tensor(name, np.ones(count, np.float32))

    def transformer(self, *norms: str) -> None:
        self.tensor("token_embd.weight", self.size, WIDTH)
        self.ones("output_norm.weight")
        for layer in range(LAYERS):
            for norm in ("attn_norm", "ffn_norm", *norms):
                self.ones(f"blk.{layer}.{norm}.weight")
            for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
                self.tensor(f"blk.{layer}.{part}.weight", WIDTH, WIDTH)
            self.tensor(f"blk.{layer}.ffn_gate.weight", HIDDEN, WIDTH)
            self.tensor(f"blk.{layer}.ffn_up.weight", HIDDEN, WIDTH)
            self.tensor(f"blk.{layer}.ffn_down.weight", WIDTH, HIDDEN)

    def close(self) -> None:
        self.file.write_header_to_file()
        self.file.write_kv_data_to_file()
        self.file.write_tensors_to_file()
        self.file.close()


def llama(name: str, seed: int = 1, template: bool = True, heads: int = HEADS, **writer) -> None:
    model = Model(name, seed=seed, **writer)
    model.sizes(heads=heads)
    model.file.add_rope_dimension_count(WIDTH // heads)
    model.byte_vocabulary(template)
    model.transformer()
    model.close()


def sentencepiece(name: str, with_bytes: bool) -> None:
    model = Model(name, seed=3)
    model.sizes()
    model.file.add_rope_dimension_count(WIDTH // HEADS)
    model.piece_vocabulary(with_bytes)
    model.transformer()
    model.close()


def sliding_window(name: str) -> None:
    """Gemma 2: every other layer looks back on 16 tokens."""
    model = Model(name, "gemma2", seed=4)
    model.sizes()
    model.file.add_sliding_window(16)
    model.file.add_key_length(WIDTH // HEADS)
    model.file.add_value_length(WIDTH // HEADS)
    model.byte_vocabulary()
    model.transformer("post_attention_norm", "post_ffw_norm")
    model.close()


def recurrent(name: str) -> None:
    """Mamba: one state for all that it has read."""
    inner, state, rank, kernel = 2 * WIDTH, 4, 2, 4
    model = Model(name, "mamba", seed=5)
    model.sizes()
    model.file.add_ssm_conv_kernel(kernel)
    model.file.add_ssm_inner_size(inner)
    model.file.add_ssm_state_size(state)
    model.file.add_ssm_time_step_rank(rank)
    model.byte_vocabulary()
    model.tensor("token_embd.weight", model.size, WIDTH)
    model.ones("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        model.ones(f"{block}.attn_norm.weight")
        model.tensor(f"{block}.ssm_in.weight", 2 * inner, WIDTH)
        model.tensor(f"{block}.ssm_conv1d.weight", inner, kernel)
        model.tensor(f"{block}.ssm_conv1d.bias", inner)
        model.tensor(f"{block}.ssm_x.weight", rank + 2 * state, inner)
        model.tensor(f"{block}.ssm_dt.weight", inner, rank)
        model.tensor(f"{block}.ssm_dt.bias", inner)
        model.file.add_tensor(f"{block}.ssm_a", -np.ones((inner, state), np.float32))
        model.ones(f"{block}.ssm_d", inner)
        model.tensor(f"{block}.ssm_out.weight", WIDTH, inner)
    model.close()


def hybrid(name: str) -> None:
    """LFM2: a short convolution, whose state libllama can take back, and a layer of attention."""
    kernel = 3
    model = Model(name, "lfm2", seed=7)
    model.sizes(shared_heads=False)
    model.file.add_key_value(
        "lfm2.attention.head_count_kv", [0, HEADS], gguf.GGUFValueType.ARRAY,
        gguf.GGUFValueType.INT32)
    model.file.add_shortconv_l_cache(kernel)
    model.byte_vocabulary()
    model.tensor("token_embd.weight", model.size, WIDTH)
    model.ones("token_embd_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            model.ones(f"{block}.{norm}.weight")
        if layer == 0:
            model.tensor(f"{block}.shortconv.conv.weight", WIDTH, kernel)
            model.tensor(f"{block}.shortconv.in_proj.weight", 3 * WIDTH, WIDTH)
            model.tensor(f"{block}.shortconv.out_proj.weight", WIDTH, WIDTH)
        else:
            for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
                model.tensor(f"{block}.{part}.weight", WIDTH, WIDTH)
            for norm in ("attn_q_norm", "attn_k_norm"):
                model.ones(f"{block}.{norm}.weight", WIDTH // HEADS)
        model.tensor(f"{block}.ffn_gate.weight", HIDDEN, WIDTH)
        model.tensor(f"{block}.ffn_up.weight", HIDDEN, WIDTH)
        model.tensor(f"{block}.ffn_down.weight", WIDTH, HIDDEN)
    model.close()


def adapter(name: str, architecture: str = "llama", width: int = WIDTH) -> None:
    """A LoRA of rank 4 over the queries and the last feed-forward matrix of the tiny llama."""
    model = Model(name, architecture, seed=6)
    model.file.add_type(gguf.GGUFType.ADAPTER)
    model.file.add_string("adapter.type", "lora")
    model.file.add_float32("adapter.lora.alpha", 8.0)
    for tensor, rows, columns in (("attn_q", width, width), ("ffn_down", width, HIDDEN)):
        model.tensor(f"blk.0.{tensor}.weight.lora_a", 4, columns)
        model.tensor(f"blk.0.{tensor}.weight.lora_b", rows, 4)
    model.close()


def encoder(name: str) -> None:
    """The header of an embedding model: it looks at the tokens after each token, too."""
    model = Model(name, "bert")
    model.sizes()
    model.file.add_causal_attention(False)
    model.file.add_pooling_type(gguf.PoolingType.MEAN)
    model.byte_vocabulary(template=False)
    model.close()


def without_tokenizer(name: str) -> None:
    model = Model(name)
    model.sizes()
    model.file.add_tokenizer_model("no_vocab")
    model.close()


def without_known_architecture(name: str) -> None:
    model = Model(name, "notyetinvented")
    model.sizes()
    model.byte_vocabulary()
    model.close()


if __name__ == "__main__":
    llama("tiny.gguf")
    llama("tiny-other.gguf", seed=2, template=False)
    # vLLM computes heads of 32 numbers and more on CPUs.
    llama("tiny-one-head.gguf", seed=9, heads=1)
    llama("tiny-split.gguf", split_max_tensors=12)
    sentencepiece("tiny-spm.gguf", with_bytes=True)
    sentencepiece("tiny-spm-without-bytes.gguf", with_bytes=False)
    sliding_window("tiny-window.gguf")
    recurrent("tiny-recurrent.gguf")
    hybrid("tiny-hybrid.gguf")
    adapter("tiny-lora.gguf")
    adapter("tiny-lora-too-wide.gguf", width=2 * WIDTH)
    adapter("tiny-lora-other-architecture.gguf", architecture="qwen3")
    encoder("header-encoder.gguf")
    without_tokenizer("header-without-tokenizer.gguf")
    without_known_architecture("header-unknown-architecture.gguf")
