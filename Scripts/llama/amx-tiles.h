// Included before llama.cpp's sources when GCC compiles them (fix.cmake).
//
// GCC 12 declares that _tile_loadconfig reads 8 bytes; it reads 64. So the compiler drops the stores of the other 56
// as dead, AMX's tiles are never configured, and the first quantised pass ends the process with an illegal instruction.
#pragma once
#if defined(__AMX_TILE__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
static inline __attribute__((always_inline)) void load_tile_configuration(const void *configuration) {
    __asm__ volatile("ldtilecfg\t%X0" ::"m"(*(const char(*)[64])configuration));
}
#define _tile_loadconfig load_tile_configuration
#endif
