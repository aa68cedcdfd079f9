/* As gemm/fma, in integers with 32-bit sums: eight neighbouring inputs of 8 bits at a time, by
 * products of 16 bits (smull, smlal) of which two are added before neighbours are added to sums
 * (sadalp). Needs 4 lanes; meant for NEON without dot products of bytes.
 *
 * Parameters: those of gemm/fma, and
 *   INPUT  "signed char" (default), or "unsigned char", of which the kernel takes 128 off: the bias
 *          has to hold 128 times the sum of the channel's weights
 *
 * void NAME(const INPUT *const *rows, long x_at, long x_stride, struct window window,
 *           const signed char *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: weights [depth / 8][VECTORS * LANES][8], none of them -128: two products of it would have more
 * than 16 bits. window.length and the depths are multiples of 8; where the depth is not, the
 * missing weights are zero and a run has up to 7 more bytes that may be read. Sums are exact modulo
 * 2^32. The zero point z of the inputs belongs into the bias, as -z times the sum of the channel's
 * weights; outside the picture is z. */
#define GEMM_PARTS 4
#define GEMM_RESULT(sums, pixel) v_sums_of_four(sums)
#define GEMM_LOAD_START(p) ((vi){*(p)})
#define GEMM_LOAD_WEIGHTS(p) v_eight_bytes(p)
#define GEMM_SPREAD(p, next) v_centred_bytes(p, (INPUT) - 1 < 0)
#define GEMM_ADD_PRODUCT(sum, input, weights) \
  sum = v_add_neighbours(sum, v_products(input, weights))
#define GEMM_LOAD_INPUTS(p, next) v_two_centred(p, (INPUT) - 1 < 0)
#define GEMM_MULTIPLY(inputs, first, second) \
  (v_products((inputs).low, first) + v_products((inputs).high, second))
#define GEMM_ADD(sum, product) sum = v_add_neighbours(sum, product)
#include "gemm/eights.c"
