// What this machine reads from memory, GB/s: the highest of seven sums over 1 GiB, by all cores.
// `Benchmarks/padded` compiles it.
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    const size_t count = (size_t)1 << 27;
    uint64_t *words = malloc(count * sizeof *words);
    if (!words) return 1;
#pragma omp parallel for
    for (size_t i = 0; i < count; i++) words[i] = i;
    double best = 0;
    uint64_t total = 0;
    for (int run = 0; run < 7; run++) {
        double start = omp_get_wtime();
        uint64_t sum = 0;
#pragma omp parallel for reduction(+ : sum)
        for (size_t i = 0; i < count; i++) sum += words[i];
        double speed = count * sizeof *words / (omp_get_wtime() - start) / 1e9;
        if (speed > best) best = speed;
        total += sum;
    }
    // The sum is printed so that it must be computed.
    fprintf(stderr, "sum %llu\n", (unsigned long long)total);
    printf("%.1f\n", best);
    free(words);
    return 0;
}
