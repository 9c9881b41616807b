"""Which of llama.cpp's server tests cannot say anything about `eft serve`, and why.

A test is left out only if it asks for something that eft does not claim to offer (Documentation/serving.md), or for a
model that cannot be had. A test that eft fails is no reason.
"""

import re

MODEL = "needs a model that cannot be had"
STORIES = "counts tokens of the stories model"
COMPLETION = "llama-server's own route /completion"
SLOTS = "llama-server's own routes /slots and /props"
TOKENIZE = "llama-server's own form of /tokenize and /detokenize (eft has vLLM's)"
INFILL = "llama-server's own route /infill"
COUNTING = "llama-server's own routes …/input_tokens"
TIMINGS = "llama-server's own timings and progress in answers"
VERBOSE = "llama-server's own debug output in answers (`__verbose`)"
METRICS = "llama-server's own names of metrics"
PAGE = "files and options of llama-server's own page"
VARIABLES = "variables that only llama-server gives to templates (`date_string`, `datetime`, `functions`)"
#: What only llama-server has. The summary also says what the share would be if these were counted.
OWN = {COMPLETION, SLOTS, TOKENIZE, INFILL, COUNTING, TIMINGS, VERBOSE, METRICS, PAGE, VARIABLES}

#: The first pattern that a test's name begins with decides.
TABLE = [
    (r"test_embedding", "embeddings"),
    (r"test_rerank", "reranking"),
    (r"test_vision_api", "images"),
    (r"test_lora", "LoRA adapters that are switched while the server runs"),
    (r"test_slot_save", "slots that are saved and restored"),
    (r"test_kv_keep_only_active", "a cache in the host's memory, read from llama-server's log"),
    (r"test_router", "one server that loads and unloads models (router mode)"),
    (r"test_stream", "streams that are taken up again later, in router mode"),
    (r"test_mcp_servers", "MCP servers run by llama-server"),
    (r"test_tools_builtin", "tools run by llama-server"),
    (r"test_sleep", "a server that unloads its model when it is idle"),
    (r"test_proxy", "llama-server's proxy for web pages"),
    (r"test_compat_gcp", "Google Cloud's route /predict"),
    (r"test_speculative", MODEL),

    (r"test_basic::test_server_multiple_addresses", "one server on several addresses"),
    (r"test_basic::test_server_(props|slots)", SLOTS),
    (r"test_basic::test_load_split_model", MODEL),
    (r"test_basic::test_no_ui", PAGE),
    (r"test_basic::test_server_model_aliases_and_tags", "tags of a model, and names in alphabetical order"),

    (r"test_chat_completion::test_chat_completion_cached_tokens", STORIES),
    (r"test_chat_completion::test_chat_template($|_assistant_prefill|_continue_final_message_vllm)", VERBOSE),
    (r"test_chat_completion::test_verbose_debug", VERBOSE),
    (r"test_chat_completion::test_apply_chat_template", "a template that llama.cpp has built in under a name"),
    (r"test_chat_completion::test_(chat_completion_with_timings_per_token|return_progress)", TIMINGS),
    (r"test_chat_completion::test_logit_bias", TOKENIZE),
    (r"test_chat_completion::test_chat_completions_token_count", COUNTING),

    (r"test_completion::test_completion(_stream)?_with_openai_library", None),
    (r"test_completion", COMPLETION),
    (r"test_ignore_eos", COMPLETION),
    (r"test_infill", INFILL),
    (r"test_tokenize", TOKENIZE),
    (r"test_ctx_shift::test_ctx_shift_enabled", "a context that is shifted when it is full"),
    (r"test_ctx_shift", COMPLETION),  # the last one asks /v1/completions, with a field of /completion
    (r"test_metrics", METRICS),
    (r"test_compat_oai_responses::test_responses_stream_with_llama_telemetry", TIMINGS),

    (r"test_compat_anthropic::test_anthropic_(vision|tool_result_with_image)", "images"),

    (r"test_security::test_access_static_assets", PAGE),
    (r"test_security::test_correct_api_key", COMPLETION),  # /completions is the same route there
    (r"test_security::test_cors_proxy", "llama-server's proxy for web pages"),
    (r"test_security::test_local_media_file", "images"),
    (r"test_security::test_cors_origins_localhost_reflects", "one word that allows every port of localhost"),
    (r"test_security::test_cors_origins_localhost_rejects", "pages of other sites that are answered, without a header"
     " (eft refuses them with 403)"),
    (r"test_security::test_cors_origins_defaults_to_localhost", "tools run by llama-server"),

    (r"test_template::test_date_inside_prompt", VARIABLES),
    (r"test_template::test_reasoning\[(deepseek|Qwen-QwQ|Cohere).*-off-", "ending the thoughts of a template that has"
     " no switch for them"),
]


def reason(item):
    """Why a test is not applicable; none if it is."""
    if item.get_closest_marker("slow"):
        return MODEL
    name = re.sub(r"^.*unit/|\.py(?=::)", "", item.nodeid)
    for pattern, text in TABLE:
        if re.match(pattern, name):
            return text
    return None
