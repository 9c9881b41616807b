// llama.cpp called directly, with the passes that `eft` makes: of every prompt all tokens but the last in one, then
// one token a pass, the likeliest each time.
//
//     greedy MODEL CONTEXT THREADS COUNT
//
// Reads prompts as lines of token ids. Writes a line for each: the ids of the reply, up to COUNT or the token
// that ends it, which is left out.
#include <llama.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void quiet(enum ggml_log_level level, const char *text, void *data) {
    (void)data;
    if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static int reply(struct llama_model *model, llama_token *prompt, int length, int context_length, int threads, int count) {
    struct llama_context_params parameters = llama_context_default_params();
    parameters.n_ctx = context_length;
    parameters.n_batch = 512;
    parameters.n_ubatch = 512;
    parameters.n_seq_max = 1;
    parameters.n_threads = threads;
    parameters.n_threads_batch = threads;
    parameters.swa_full = true;
    parameters.kv_unified = true;
    struct llama_context *context = llama_init_from_model(model, parameters);
    if (context == NULL) return 1;
    const struct llama_vocab *vocabulary = llama_model_get_vocab(model);
    struct llama_sampler *sampler = llama_sampler_init_greedy();
    int failed = length > 1 && llama_decode(context, llama_batch_get_one(prompt, length - 1)) != 0;
    llama_token next = prompt[length - 1];
    for (int i = 0; i < count && !failed; i++) {
        failed = llama_decode(context, llama_batch_get_one(&next, 1)) != 0;
        if (failed) break;
        next = llama_sampler_sample(sampler, context, -1);
        if (llama_vocab_is_eog(vocabulary, next)) break;
        printf("%s%d", i == 0 ? "" : " ", next);
    }
    printf("\n");
    llama_sampler_free(sampler);
    llama_free(context);
    return failed;
}

int main(int argc, char **argv) {
    if (argc != 5) return 64;
    llama_log_set(quiet, NULL);
    llama_backend_init();
    ggml_backend_load_all();
    struct llama_model_params parameters = llama_model_default_params();
    parameters.n_gpu_layers = 0;
    struct llama_model *model = llama_model_load_from_file(argv[1], parameters);
    if (model == NULL) return 1;
    static char line[1 << 16];
    static llama_token prompt[512];
    int failed = 0;
    while (!failed && fgets(line, sizeof line, stdin) != NULL) {
        int length = 0;
        for (char *word = strtok(line, " \n"); word != NULL && length < 512; word = strtok(NULL, " \n")) {
            prompt[length++] = atoi(word);
        }
        failed = length == 0 || reply(model, prompt, length, atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
    }
    llama_model_free(model);
    llama_backend_free();
    return failed;
}
