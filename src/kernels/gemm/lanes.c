/* As gemm/fma, in integers with 32-bit sums: one lane of four 16-bit inputs of a pixel times one
 * vector of weights, by smlal of NEON. The inputs are widened to 16 bits before, with their zero
 * point taken off, so that outside the picture is 0 and the bias is the model's. Needs 4 lanes.
 *
 * Parameters: those of gemm/fma, and
 *   WEIGHT  element type of w: signed char or short
 *
 * void NAME(const short *const *rows, long x_at, long x_stride, struct window window,
 *           const WEIGHT *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: weights [depth][VECTORS * LANES]. Sums are exact modulo 2^32. */
#define GEMM_SUM vi
#define GEMM_INPUT short
#define GEMM_WEIGHT WEIGHT
#define GEMM_START int
#define GEMM_GROUP 1
#define GEMM_LOAD_START(p) vi_load(p)
#define GEMM_LOAD_WEIGHTS(p) \
  _Generic((p), const signed char*: v_shorts_i8, const short*: v_shorts_i16)(p)
#define GEMM_SPREAD(p, next) (*(p) - (v_i16){})
#define GEMM_ADD_PRODUCT(sum, input, weights) sum = v_add_shorts(sum, weights, input)
#define GEMM_AT_ONCE 4
#define GEMM_LOAD_INPUTS(p, next) v_shorts_i16(p)
#define GEMM_ADD_LANE(sum, inputs, lane, weights) \
  sum = v_add_shorts(sum, weights, __builtin_shufflevector(inputs, inputs, lane, lane, lane, lane))
#include "gemm/tile.c"
#undef WEIGHT
