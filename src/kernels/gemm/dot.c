/* As gemm/fma, in integers with 32-bit sums: four neighbouring inputs of 8 bits at a time by sdot,
 * sixteen of a pixel in one load. Needs 4 lanes and the dot products of ARMv8.2.
 *
 * Parameters: those of gemm/fma
 *
 * void NAME(const signed char *const *rows, long x_at, long x_stride, struct window window,
 *           const signed char *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: weights [depth / 4][VECTORS * LANES][4]. window.length and the depths are multiples of
 * 4; where the depth is not, the missing weights are zero and a run has up to 3 more bytes that may
 * be read. Sums are exact modulo 2^32. The zero point z of the inputs belongs into the bias, as -z
 * times the sum of the channel's weights; outside the picture is z. Inputs without a sign have to
 * be moved down by 128 before, and their zero point too. */
#define GEMM_SUM vi
#define GEMM_INPUT signed char
#define GEMM_WEIGHT signed char
#define GEMM_START int
#define GEMM_GROUP 4
#define GEMM_LOAD_START(p) vi_load(p)
#define GEMM_LOAD_WEIGHTS(p) v_sixteen(p)
#define GEMM_SPREAD(p, next) vi_set(v_word(p))
#define GEMM_ADD_PRODUCT(sum, input, weights) sum = v_add_dot(sum, weights, input)
#define GEMM_AT_ONCE 4
#define GEMM_LOAD_INPUTS(p, next) v_sixteen(p)
#define GEMM_ADD_LANE(sum, inputs, lane, weights) \
  sum = v_add_dot(sum, weights, __builtin_shufflevector(inputs, inputs, lane, lane, lane, lane))
#include "gemm/tile.c"
