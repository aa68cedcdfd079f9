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
#define GEMM_ADD_PRODUCT(sum, input, weights) sum = v_add_small_quads(sum, input, weights)
#include "gemm/quads.c"
