// Compiled, linked and run by Scripts/setup-llama: does this libllama have what LlamaBackend
// needs? Every function that the Swift code calls is named here, and every parameter that it
// sets; a version that lacks one fails here with the compiler's own words.
#include <llama.h>
#include <stdio.h>

int main(void) {
    struct llama_model_params model = llama_model_default_params();
    model.n_gpu_layers = 0;
    model.vocab_only = true;
    model.load_mode = LLAMA_LOAD_MODE_MMAP;
    model.devices = NULL;

    struct llama_context_params context = llama_context_default_params();
    context.n_ctx = 32;
    context.n_batch = 32;
    context.n_ubatch = 32;
    context.n_seq_max = 2;
    context.n_rs_seq = 0;
    context.n_threads = 1;
    context.n_threads_batch = 1;
    context.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    context.type_k = GGML_TYPE_F32;
    context.type_v = GGML_TYPE_F32;
    context.abort_callback = NULL;
    context.swa_full = true;
    context.kv_unified = true;
    context.no_perf = true;

    void *functions[] = {
        (void *)llama_adapter_get_alora_n_invocation_tokens,
        (void *)llama_adapter_lora_free,
        (void *)llama_adapter_lora_init,
        (void *)llama_backend_init,
        (void *)llama_batch_free,
        (void *)llama_batch_init,
        (void *)llama_chat_apply_template,
        (void *)llama_chat_builtin_templates,
        (void *)llama_context_default_params,
        (void *)llama_decode,
        (void *)llama_free,
        (void *)llama_ftype_name,
        (void *)llama_get_logits_ith,
        (void *)llama_get_memory,
        (void *)llama_init_from_model,
        (void *)llama_log_set,
        (void *)llama_max_parallel_sequences,
        (void *)llama_memory_seq_cp,
        (void *)llama_memory_seq_pos_min,
        (void *)llama_memory_seq_rm,
        (void *)llama_model_chat_template,
        (void *)llama_model_default_params,
        (void *)llama_model_free,
        (void *)llama_model_get_vocab,
        (void *)llama_model_has_decoder,
        (void *)llama_model_has_encoder,
        (void *)llama_model_is_diffusion,
        (void *)llama_model_is_hybrid,
        (void *)llama_model_is_recurrent,
        (void *)llama_model_load_from_file,
        (void *)llama_model_n_swa,
        (void *)llama_model_quantize,
        (void *)llama_model_quantize_default_params,
        (void *)llama_n_batch,
        (void *)llama_n_ctx,
        (void *)llama_n_rs_seq,
        (void *)llama_print_system_info,
        (void *)llama_sampler_accept,
        (void *)llama_sampler_apply,
        (void *)llama_sampler_clone,
        (void *)llama_sampler_free,
        (void *)llama_sampler_init_grammar,
        (void *)llama_set_abort_callback,
        (void *)llama_set_adapters_lora,
        (void *)llama_token_to_piece,
        (void *)llama_tokenize,
        (void *)llama_version,
        (void *)llama_vocab_bos,
        (void *)llama_vocab_eos,
        (void *)llama_vocab_get_add_bos,
        (void *)llama_vocab_get_add_eos,
        (void *)llama_vocab_get_attr,
        (void *)llama_vocab_get_text,
        (void *)llama_vocab_is_eog,
        (void *)llama_vocab_n_tokens,
        (void *)llama_vocab_type,
        (void *)ggml_backend_dev_by_name,
        (void *)ggml_backend_dev_count,
        (void *)ggml_backend_dev_description,
        (void *)ggml_backend_dev_get,
        (void *)ggml_backend_dev_memory,
        (void *)ggml_backend_dev_name,
        (void *)ggml_backend_dev_type,
        (void *)ggml_backend_load_all,
        (void *)ggml_blck_size,
        (void *)ggml_commit,
        (void *)ggml_type_size,
        (void *)ggml_version,
        (void *)gguf_find_key,
        (void *)gguf_free,
        (void *)gguf_get_arr_data,
        (void *)gguf_get_arr_n,
        (void *)gguf_get_arr_str,
        (void *)gguf_get_arr_type,
        (void *)gguf_get_data_offset,
        (void *)gguf_get_kv_type,
        (void *)gguf_get_n_tensors,
        (void *)gguf_get_tensor_ne,
        (void *)gguf_get_tensor_offset,
        (void *)gguf_get_tensor_size,
        (void *)gguf_get_val_bool,
        (void *)gguf_get_val_f32,
        (void *)gguf_get_val_i32,
        (void *)gguf_get_val_i64,
        (void *)gguf_get_val_str,
        (void *)gguf_get_val_u16,
        (void *)gguf_get_val_u32,
        (void *)gguf_get_val_u64,
        (void *)gguf_init_from_file,
    };
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (functions[i] == NULL) return 1;
    }
    llama_backend_init();
    ggml_backend_load_all();
    size_t devices = ggml_backend_dev_count();
    printf("libllama works: %zu device(s); %s\n", devices, llama_print_system_info());
    llama_backend_free();
    return devices == 0;
}
