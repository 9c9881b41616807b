// What a pass of a model costs, by its number of tokens: ms, medians of interleaved passes, as one JSON object.
//
//   passes MODEL.gguf [--threads N] [--no-repack] [--flash on|off] [--streams] [--repeats N] [--context N] [widths...]
//
// The tokens of a pass continue one text of --context tokens (64), as drafts do; with --streams each one has a text
// of its own. All tokens are scored. --no-repack turns llama.cpp's rearranged weights off (use_extra_bufts).
// `Benchmarks/passes.py` compiles this and makes the tables.
#include <llama.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_widths = 32, most_repeats = 101, most_tokens = 512 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void quiet(enum ggml_log_level level, const char *text, void *data) {
    if (level >= GGML_LOG_LEVEL_ERROR && level != GGML_LOG_LEVEL_CONT) fputs(text, stderr);
}

static void fail(const char *why) {
    fprintf(stderr, "passes: %s\n", why);
    exit(1);
}

static void pass(struct llama_context *context, struct llama_batch *batch, int count, int from, bool streams, int tokens) {
    batch->n_tokens = count;
    for (int i = 0; i < count; i++) {
        batch->token[i] = (3 + 7919 * (from + i)) % tokens;
        batch->pos[i] = from + (streams ? 0 : i);
        batch->n_seq_id[i] = 1;
        batch->seq_id[i][0] = streams ? i : 0;
        batch->logits[i] = true;
    }
    if (llama_decode(context, *batch) != 0) fail("a pass failed");
    llama_synchronize(context);
}

int main(int argc, char **argv) {
    int threads = 2, repeats = 9, past = 64, widths[most_widths], count = 0;
    bool streams = false;
    struct llama_model_params load = llama_model_default_params();
    struct llama_context_params make = llama_context_default_params();
    if (argc < 2) fail("give a model file");
    for (int i = 2; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--threads")) threads = atoi(next), i++;
        else if (!strcmp(argv[i], "--repeats")) repeats = atoi(next), i++;
        else if (!strcmp(argv[i], "--context")) past = atoi(next), i++;
        else if (!strcmp(argv[i], "--flash"))
            make.flash_attn_type = !strcmp(next, "on") ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED, i++;
        else if (!strcmp(argv[i], "--no-repack")) load.use_extra_bufts = false;
        else if (!strcmp(argv[i], "--streams")) streams = true;
        else if (atoi(argv[i]) > 0 && atoi(argv[i]) <= most_tokens && count < most_widths) widths[count++] = atoi(argv[i]);
        else fail("unknown option or width");
    }
    if (threads < 1 || repeats < 1 || repeats > most_repeats || past < 1 || past > most_tokens) fail("a number is out of range");
    if (!count) {
        static const int usual[] = {1, 2, 3, 4, 5, 6, 8, 9, 12, 16, 24, 32};
        count = sizeof usual / sizeof *usual;
        memcpy(widths, usual, sizeof usual);
    }
    int widest = 1;
    for (int i = 0; i < count; i++) widest = widths[i] > widest ? widths[i] : widest;
    if (streams && widest > 256) fail("llama.cpp holds 256 texts at most");

    llama_log_set(quiet, NULL);
    llama_backend_init();
    struct llama_model *model = llama_model_load_from_file(argv[1], load);
    if (!model) fail("the model does not load");
    make.n_batch = make.n_ubatch = past > widest ? past : widest;
    make.n_seq_max = streams ? widest : 1;
    make.n_ctx = (past + widest) * (streams ? widest : 1);
    make.kv_unified = true;
    make.n_threads = make.n_threads_batch = threads;
    struct llama_context *context = llama_init_from_model(model, make);
    if (!context) fail("no context");
    struct llama_batch batch = llama_batch_init(make.n_batch, 0, 1);
    llama_memory_t memory = llama_get_memory(context);
    int tokens = llama_vocab_n_tokens(llama_model_get_vocab(model));

    pass(context, &batch, past, 0, false, tokens);
    for (int i = 1; streams && i < widest; i++) llama_memory_seq_cp(memory, 0, i, -1, -1);

    static double times[most_widths][most_repeats];
    for (int run = -1; run < repeats; run++)  // the first run warms up
        for (int i = 0; i < count; i++) {
            double start = now();
            pass(context, &batch, widths[i], past, streams, tokens);
            if (run >= 0) times[i][run] = now() - start;
            llama_memory_seq_rm(memory, -1, past, -1);
        }

    printf("{");
    for (int i = 0; i < count; i++) {
        qsort(times[i], repeats, sizeof(double), compare);
        printf("%s\"%d\": %.3f", i ? ", " : "", widths[i], times[i][repeats / 2]);
    }
    printf("}\n");
    llama_batch_free(batch);
    llama_free(context);
    llama_model_free(model);
}
