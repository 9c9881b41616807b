"""The peer: proxy-tuning's decoding loop, three Hugging Face models whose logits are added.

Follows `DExpertsLlama.generate` of the proxy-tuning authors (arXiv:2401.08565): each model keeps its own
KV cache; every step runs base, expert and anti-expert one after another on the last token, forms
`large + alpha * (chat - small)` of the last logits, applies temperature and top-p, and samples. The end
of text is not looked at, so that every run makes the same number of tokens.

    python transformers_loop.py --large large.gguf --small small.gguf --chat chat.gguf

Prints one JSON object. Models are GGUF files, converted on loading.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import transformers
from torch import Tensor
from transformers import LlamaForCausalLM, LogitsProcessorList
from transformers.generation.logits_process import TemperatureLogitsWarper, TopPLogitsWarper

import gguf_to_hf


def prompt_tokens(count: int, vocabulary: int) -> list[int]:
    """A prompt that any program can make: 3 + 7919·i mod (vocabulary − 3)."""
    return [3 + 7919 * i % (vocabulary - 3) for i in range(count)]


class Cached:
    """A model with its KV cache."""

    def __init__(self, model: LlamaForCausalLM) -> None:
        self.model = model
        self.past = None

    def last_logits(self, tokens: Tensor) -> Tensor:
        """Appends tokens and gives the scores of what follows: [batch, vocabulary]."""
        made = self.model(
            input_ids=tokens, past_key_values=self.past, use_cache=True, logits_to_keep=1)
        self.past = made.past_key_values
        return made.logits[:, -1, :]


@dataclass(frozen=True)
class Timing:
    prefill: float
    decode: float
    tokens: list[int]


def generate(
    models: list[LlamaForCausalLM], mix: Callable[[list[Tensor]], Tensor],
    warpers: LogitsProcessorList, prompt: list[int], count: int, device: str,
) -> Timing:
    """`count` tokens after the prompt; the first of them is part of the prefill's time."""

    def synchronise() -> float:
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    running = [Cached(model) for model in models]
    tokens = torch.tensor([prompt], device=device)
    pending = tokens
    started = synchronise()
    prefilled = started
    for step in range(count):
        scores = warpers(tokens, mix([member.last_logits(pending) for member in running]).float())
        pending = torch.multinomial(scores.softmax(dim=-1), num_samples=1)
        tokens = torch.cat([tokens, pending], dim=-1)
        if step == 0:
            prefilled = synchronise()
    ended = synchronise()
    return Timing(prefilled - started, ended - prefilled, tokens[0, len(prompt):].tolist())


def machine(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", required=True, help="GGUF file")
    parser.add_argument("--small", help="GGUF file; without it and --chat, the large model alone")
    parser.add_argument("--chat", help="GGUF file")
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--prompt-length", type=int, default=64)
    parser.add_argument("--prompt-ids", help="JSON file with a list of token ids, instead")
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=3, help="runs after one that is not counted")
    parser.add_argument("--threads", type=int, help="default: PyTorch's own choice")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), default="float32")
    options = parser.parse_args()
    if bool(options.small) != bool(options.chat):
        parser.error("--small and --chat go together.")
    if options.new_tokens < 2:
        parser.error("--new-tokens must be at least 2: the first counts as prefill.")
    if options.threads:
        torch.set_num_threads(options.threads)

    files = [path for path in (options.large, options.chat, options.small) if path]
    dtype = getattr(torch, options.dtype)
    models = [gguf_to_hf.load(path, dtype).to(options.device) for path in files]
    vocabulary = models[0].config.vocab_size
    if options.prompt_ids:
        with open(options.prompt_ids, encoding="utf-8") as source:
            prompt = json.load(source)
    else:
        prompt = prompt_tokens(options.prompt_length, vocabulary)

    def mix(logits: list[Tensor]) -> Tensor:
        if len(logits) == 1:
            return logits[0]
        large, chat, small = logits
        return large + options.alpha * (chat - small)

    warpers = LogitsProcessorList()
    if options.temperature != 1:
        warpers.append(TemperatureLogitsWarper(options.temperature))
    if options.top_p < 1:
        warpers.append(TopPLogitsWarper(options.top_p))

    timings = []
    with torch.inference_mode():
        for run in range(options.repeat + 1):
            torch.manual_seed(options.seed + run)
            timings.append(
                generate(models, mix, warpers, prompt, options.new_tokens, options.device))
    timings = timings[1:]
    rates = [(options.new_tokens - 1) / timing.decode for timing in timings]
    print(json.dumps({
        "engine": "transformers loop" if len(models) == 3 else "transformers, large alone",
        "tokensPerSecond": round(statistics.median(rates), 3),
        "tokensPerSecondRuns": [round(rate, 3) for rate in rates],
        "prefillSeconds": round(statistics.median(t.prefill for t in timings), 4),
        "promptTokens": len(prompt), "newTokens": options.new_tokens,
        "parameters": [sum(p.numel() for p in model.parameters()) for model in models],
        "vocabulary": vocabulary, "alpha": options.alpha if len(models) == 3 else None,
        "temperature": options.temperature, "topP": options.top_p, "seed": options.seed,
        "device": options.device, "machine": machine(options.device), "dtype": options.dtype,
        "threads": torch.get_num_threads(), "torch": torch.__version__,
        "transformers": transformers.__version__,
    }))


if __name__ == "__main__":
    main()
