/* As gemm/vnni, for x86 without vpdpbusd: products of two neighbours are summed in 16 bits first
 * (vpmaddubsw), where they must fit. Needs AVX2 and the template pairs.
 *
 * Parameters: those of gemm/vnni
 *
 * void NAME(const unsigned char *const *rows, long x_at, long x_stride, struct window window,
 *           const signed char *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: as for gemm/vnni, and of every two neighbouring weights of a channel, from an even depth on,
 * the positive ones sum up to at most 128 and the negative ones to at least -128: so weights of 7
 * bits always fit. Sums are exact modulo 2^32. */
#ifndef X_SIGNED
#define X_SIGNED 0
#endif
#define GEMM_SUM vi
#define GEMM_INPUT unsigned char
#define GEMM_WEIGHT signed char
#define GEMM_START int
#define GEMM_GROUP 4
#define GEMM_LOAD_START(p) vi_load(p)
#define GEMM_LOAD_WEIGHTS(p) vi_load((const int*)(const void*)(p))
#define GEMM_SPREAD(p) v_quads_of(p, X_SIGNED)
#define GEMM_ADD_PRODUCT(sum, input, weights) sum = v_add_small_quads(sum, input, weights)
#include "gemm/tile.c"
#undef X_SIGNED
