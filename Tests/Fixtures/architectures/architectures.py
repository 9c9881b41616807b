"""The architectures: what transformers shall build, and which vocabulary it gets.

Sizes are as small as an architecture's traits allow: shared key heads, partial rotary positions,
alternating windows. Each line says what the model is there for.
"""

from __future__ import annotations

import copy
import dataclasses

import transformers
from transformers import PretrainedConfig

import vocabularies
from vocabularies import Vocabulary

WIDTH, HEADS, HIDDEN, CONTEXT = 32, 4, 48, 512


@dataclasses.dataclass(frozen=True)
class Architecture:
    name: str
    model: str  # transformers' class
    config: PretrainedConfig
    vocabulary: Vocabulary
    # The vocabulary of its real models: name and size.
    real: tuple[str, int] | None = None
    # Norms that add 1 to their weights: those are drawn around 0.
    shifted_norms: bool = False
    # Tokens after which llama.cpp no longer computes what transformers does, as it ignores a window.
    window_ignored: int | None = None
    # Tokens beyond which other rotary factors apply, to all positions.
    long_after: int | None = None
    # What llama.cpp's conversion reads of a configuration, and this transformers calls otherwise.
    older_keys: dict[str, object] = dataclasses.field(default_factory=dict)

    def build(self, vocabulary: int) -> transformers.PreTrainedModel:
        config = copy.deepcopy(self.config)
        config.vocab_size = vocabulary
        return getattr(transformers, self.model)._from_config(config, attn_implementation="eager")


def sizes(vocabulary: Vocabulary, **more: object) -> dict[str, object]:
    """What most configurations call by the same names."""
    return {
        "vocab_size": len(vocabulary.tokens), "hidden_size": WIDTH, "intermediate_size": HIDDEN,
        "num_hidden_layers": 2, "num_attention_heads": HEADS, "max_position_embeddings": CONTEXT,
        "bos_token_id": vocabulary.beginning, "eos_token_id": vocabulary.end, "pad_token_id": None,
        **more,
    }


def rope(theta: float = 10_000.0, **more: object) -> dict[str, object]:
    return {"rope_type": "default", "rope_theta": theta, **more}


def falcon(**more: object) -> transformers.FalconConfig:
    # llama.cpp takes the hidden layer to be four times as wide as the model.
    return transformers.FalconConfig(
        **sizes(vocabularies.FALCON, intermediate_size=None, bias=False, **more))


ARCHITECTURES = [
    # Llama 2: every head has its own keys; SentencePiece.
    Architecture("llama", "LlamaForCausalLM", transformers.LlamaConfig(
        **sizes(vocabularies.LLAMA2, num_key_value_heads=HEADS, rope_parameters=rope())),
        vocabularies.LLAMA2, real=vocabularies.REAL_LLAMA2),
    # Llama 3: shared keys, stretched rotary positions, byte-level tokens.
    Architecture("llama-3", "LlamaForCausalLM", transformers.LlamaConfig(
        **sizes(vocabularies.LLAMA3, num_key_value_heads=2, tie_word_embeddings=True,
                rope_parameters=rope(500_000.0, rope_type="llama3", factor=8.0,
                                     low_freq_factor=1.0, high_freq_factor=4.0,
                                     original_max_position_embeddings=64))),
        vocabularies.LLAMA3, real=vocabularies.REAL_LLAMA3),
    # Mistral 7B v0.1: a sliding window, which llama.cpp's conversion drops.
    Architecture("mistral", "MistralForCausalLM", transformers.MistralConfig(
        **sizes(vocabularies.MISTRAL, num_key_value_heads=2, sliding_window=24,
                rope_parameters=rope())),
        vocabularies.MISTRAL, window_ignored=24),
    # Falcon 7B: one key head for all, attention beside the feed-forward part, one norm.
    Architecture("falcon-7b", "FalconForCausalLM", falcon(
        num_kv_heads=1, multi_query=True, parallel_attn=True, new_decoder_architecture=False),
        vocabularies.FALCON, real=vocabularies.REAL_FALCON),
    # Falcon 40B and 180B: groups of heads, a norm for each part.
    Architecture("falcon-40b", "FalconForCausalLM", falcon(
        num_kv_heads=2, new_decoder_architecture=True),
        vocabularies.FALCON, real=vocabularies.REAL_FALCON),
    # Qwen 2: biases on queries, keys and values.
    Architecture("qwen2", "Qwen2ForCausalLM", transformers.Qwen2Config(
        **sizes(vocabularies.QWEN, num_key_value_heads=2, tie_word_embeddings=True,
                rope_parameters=rope(1_000_000.0))),
        vocabularies.QWEN, real=vocabularies.REAL_QWEN),
    # Qwen 3: norms on queries and keys, heads wider than width / heads.
    Architecture("qwen3", "Qwen3ForCausalLM", transformers.Qwen3Config(
        **sizes(vocabularies.QWEN, num_key_value_heads=2, head_dim=12, tie_word_embeddings=True,
                rope_parameters=rope(1_000_000.0))),
        vocabularies.QWEN, real=vocabularies.REAL_QWEN),
    # Gemma: scaled embeddings, GELU gates.
    Architecture("gemma", "GemmaForCausalLM", transformers.GemmaConfig(
        **sizes(vocabularies.GEMMA, num_key_value_heads=1, head_dim=12,
                rope_parameters=rope())),
        vocabularies.GEMMA, shifted_norms=True),
    # Gemma 2: every other layer has a window; scores and logits are capped.
    Architecture("gemma2", "Gemma2ForCausalLM", transformers.Gemma2Config(
        **sizes(vocabularies.GEMMA, num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=8,
                sliding_window=12, attn_logit_softcapping=5.0, final_logit_softcapping=6.0,
                rope_parameters=rope())),
        vocabularies.GEMMA, shifted_norms=True),
    # Gemma 3: five layers with a window and short rotary positions to one without.
    Architecture("gemma3", "Gemma3ForCausalLM", transformers.Gemma3TextConfig(
        **sizes(vocabularies.GEMMA, num_hidden_layers=6, num_key_value_heads=1, head_dim=8,
                query_pre_attn_scalar=8, sliding_window=12,
                rope_parameters={"sliding_attention": rope(),
                                 "full_attention": rope(1_000_000.0)})),
        vocabularies.GEMMA, shifted_norms=True),
    # Phi 2: partial rotary positions, biases everywhere, the parts side by side.
    Architecture("phi-2", "PhiForCausalLM", transformers.PhiConfig(
        **sizes(vocabularies.PHI2, intermediate_size=4 * WIDTH, layer_norm_eps=1e-5,
                rope_parameters=rope(partial_rotary_factor=0.5))),
        vocabularies.PHI2),
    # Phi 3 (128k): fused matrices; rotary factors of their own for short and for long texts; a window,
    # which llama.cpp reads and ignores.
    Architecture("phi-3", "Phi3ForCausalLM", transformers.Phi3Config(
        **sizes(vocabularies.PHI3, num_key_value_heads=HEADS, sliding_window=24,
                original_max_position_embeddings=256,
                rope_parameters=rope(rope_type="longrope", original_max_position_embeddings=256,
                                     short_factor=[1.0, 1.1, 1.3, 1.6],
                                     long_factor=[1.2, 2.0, 4.0, 9.0]))),
        vocabularies.PHI3, real=vocabularies.REAL_PHI3, window_ignored=24, long_after=256),
    # GPT-NeoX and Pythia: a quarter of each head rotates.
    Architecture("gpt-neox", "GPTNeoXForCausalLM", transformers.GPTNeoXConfig(
        **sizes(vocabularies.NEOX, rope_parameters=rope(partial_rotary_factor=0.25))),
        vocabularies.NEOX, real=vocabularies.REAL_NEOX, older_keys={"rotary_pct": 0.25}),
    # Mamba: no attention; one state for all that was read.
    Architecture("mamba", "MambaForCausalLM", transformers.MambaConfig(
        vocab_size=len(vocabularies.NEOX.tokens), hidden_size=WIDTH, state_size=8,
        num_hidden_layers=2, time_step_rank=4, pad_token_id=None,
        bos_token_id=vocabularies.NEOX.beginning, eos_token_id=vocabularies.NEOX.end),
        vocabularies.NEOX, real=vocabularies.REAL_NEOX),
    # Qwen 3 with experts: in every layer two of four, their weights summing to one.
    Architecture("qwen3-moe", "Qwen3MoeForCausalLM", transformers.Qwen3MoeConfig(
        **sizes(vocabularies.QWEN, num_key_value_heads=2, head_dim=12, num_experts=4,
                num_experts_per_tok=2, moe_intermediate_size=20, norm_topk_prob=True,
                rope_parameters=rope(1_000_000.0))),
        vocabularies.QWEN, real=vocabularies.REAL_QWEN),
    # Mixtral: the experts of Mistral's line.
    Architecture("mixtral", "MixtralForCausalLM", transformers.MixtralConfig(
        **sizes(vocabularies.MISTRAL, num_key_value_heads=2, num_local_experts=4,
                num_experts_per_tok=2, sliding_window=None, rope_parameters=rope(1_000_000.0))),
        vocabularies.MISTRAL),
]
