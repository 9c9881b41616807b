"""Small models as transformers and PEFT save them: random weights, a tokenizer trained on this repository's own text."""
import pathlib

import peft
import sentencepiece
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tokenizer(folder):
    """A SentencePiece model like Llama's, with its bytes."""
    texts = sorted(ROOT.glob("Documentation/*.md"))
    lines = [line for text in texts for line in text.read_text(encoding="utf-8").splitlines() if line.strip()]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(folder / "tokenizer"), vocab_size=600, model_type="bpe",
        byte_fallback=True, split_digits=True, normalization_rule_name="identity", minloglevel=2,
        unk_id=0, bos_id=1, eos_id=2, pad_id=-1, max_sentence_length=20000)
    (folder / "tokenizer.vocab").unlink()
    made = transformers.LlamaTokenizer(str(folder / "tokenizer.model"), legacy=True)
    made.save_pretrained(folder)
    return made


def model(folder, seed=0, dtype=torch.float32, width=64):
    """A Llama of two layers whose query and key heads the converter must permute."""
    folder.mkdir(parents=True)
    words = tokenizer(folder)
    torch.manual_seed(seed)
    made = transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=len(words), hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256, initializer_range=0.2,
        tie_word_embeddings=False, bos_token_id=1, eos_token_id=2)).to(dtype)
    made.save_pretrained(folder, max_shard_size="100KB")
    return made.eval(), words


def adapter(folder, base, name, seed=1, **options):
    """A LoRA adapter that changes something: PEFT's own start has no effect."""
    torch.manual_seed(seed)
    made = peft.get_peft_model(base, peft.LoraConfig(
        r=4, lora_alpha=8, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj"],
        task_type="CAUSAL_LM", base_model_name_or_path=name, **options))
    for key, weight in made.named_parameters():
        if "lora_B" in key:
            torch.nn.init.normal_(weight, std=0.2)
    made.peft_config["default"].base_model_name_or_path = name
    made.save_pretrained(folder)
    return made.eval()
