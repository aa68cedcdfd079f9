/* As gemm/fma, in integers with 32-bit sums: eight neighbouring inputs of 8 bits of two pixels at a
 * time by smmla and usmmla, which multiply them by the weights of two channels. Needs 4 lanes and
 * the matrix products of ARMv8.6.
 *
 * Parameters: those of gemm/fma, and
 *   INPUT  "signed char" (default) or "unsigned char"
 *
 * void NAME(const INPUT *const *rows, long x_at, long x_stride, struct window window,
 *           const signed char *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: weights [depth / 8][VECTORS * LANES][8]. window.length and the depths are multiples of
 * 8; where the depth is not, the missing weights are zero and a run has up to 7 more bytes that may
 * be read. Sums are exact modulo 2^32. The zero point z of the inputs belongs into the bias, as -z
 * times the sum of the channel's weights; outside the picture is z. The last of an odd number of
 * columns costs as much as two. */
#define GEMM_PIXELS 2
#define GEMM_PARTS 2
#define GEMM_RESULT(sums, pixel) v_of_pixel((sums)[0], (sums)[1], pixel)
#define GEMM_LOAD_START(p) v_two_twice(p)
#define GEMM_LOAD_WEIGHTS(p) v_sixteen(p)
#define GEMM_SPREAD(p, next) v_eights(p, (p) + (next))
#define GEMM_ADD_PRODUCT(sum, input, weights) \
  sum = v_add_eights(sum, input, weights, (INPUT) - 1 < 0)
#define GEMM_LOAD_INPUTS(p, next) v_eights_of_two(p, (p) + (next))
#define GEMM_ADD_LANE(sum, inputs, lane, weights) \
  sum = v_add_eights(sum, lane ? inputs.second : inputs.first, weights, (INPUT) - 1 < 0)
#include "gemm/eights.c"
