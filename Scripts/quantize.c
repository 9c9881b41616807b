// Quantises a GGUF file with llama.cpp, or writes it as BF16 or F16. `Scripts/quantize` compiles and runs it.
#include <llama.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum llama_ftype type;
} types[] = {
    {"F16", LLAMA_FTYPE_MOSTLY_F16},
    {"BF16", LLAMA_FTYPE_MOSTLY_BF16},
    {"Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0},
    {"Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0},
    {"Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M},
};

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: quantize IN OUT F16|BF16|Q4_0|Q8_0|Q4_K_M\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, arguments[3]) != 0) continue;
        struct llama_model_quantize_params options = llama_model_quantize_default_params();
        options.ftype = types[i].type;
        options.allow_requantize = true;
        llama_backend_init();
        return llama_model_quantize(arguments[1], arguments[2], &options) != 0;
    }
    fprintf(stderr, "quantize: the type must be F16, BF16, Q4_0, Q8_0 or Q4_K_M, not %s\n", arguments[3]);
    return 2;
}
