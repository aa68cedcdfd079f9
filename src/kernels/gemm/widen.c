/* As gemm/fma, in integers with 32-bit sums, on any machine: one input times one vector of weights.
 *
 * Parameters: those of gemm/fma, and
 *   INPUT   element type of x: signed char, unsigned char or short
 *   WEIGHT  element type of w: signed char or short
 *
 * void NAME(const INPUT *const *rows, long x_at, long x_stride, struct window window,
 *           const WEIGHT *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: weights [depth][VECTORS * LANES]. Sums are exact modulo 2^32. The zero point z of the inputs
 * belongs into the bias, as -z times the sum of the channel's weights; inputs outside the picture
 * are then z, so an edge needs a padded plane and not a smaller window. */
#define GEMM_SUM vi
#define GEMM_INPUT INPUT
#define GEMM_WEIGHT WEIGHT
#define GEMM_START int
#define GEMM_GROUP 1
#define GEMM_LOAD_START(p) vi_load(p)
#define GEMM_LOAD_WEIGHTS(p) \
  _Generic((p), const signed char*: vi_load_i8, const short*: vi_load_i16)(p)
#define GEMM_SPREAD(p, next) vi_set(*(p))
#define GEMM_ADD_PRODUCT(sum, input, weights) sum += (input) * (weights)
#include "gemm/tile.c"
#undef INPUT
#undef WEIGHT
