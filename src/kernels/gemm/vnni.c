/* As gemm/fma, in integers with 32-bit sums: four neighbouring inputs of 8 bits at a time by
 * vpdpbusd of AVX-512 VNNI or AVX-VNNI; elsewhere by plain products, which mean the same. Needs the
 * template pairs.
 *
 * Parameters: those of gemm/fma, and
 *   X_SIGNED  optional: 1 when x is signed; the kernel then adds 128 to every input, and the bias
 *             has to hold -128 times the sum of the channel's weights; 0 by default
 *
 * void NAME(const unsigned char *const *rows, long x_at, long x_stride, struct window window,
 *           const signed char *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: weights [depth / 4][VECTORS * LANES][4]. window.length and the depths are multiples of
 * 4; where the depth is not, the missing weights are zero and a run has up to 3 more bytes that may
 * be read. Sums are exact modulo 2^32. The zero point z of the inputs belongs into the bias, as -z
 * times the sum of the channel's weights; outside the picture is z. */
#define GEMM_ADD_PRODUCT(sum, input, weights) sum = v_add_quads(sum, input, weights)
#include "gemm/quads.c"
