/* As gemm/fma, in integers with 32-bit sums: two neighbouring 16-bit inputs at a time (pmaddwd on
 * x86, which AVX-512 VNNI fuses with the sum). The inputs are widened to 16 bits before, best with
 * their zero point taken off, so that outside the picture is 0 and the bias is the model's.
 *
 * Parameters: those of gemm/fma, and
 *   WEIGHT  element type of w: signed char or short
 *
 * void NAME(const short *const *rows, long x_at, long x_stride, struct window window,
 *           const WEIGHT *w, const int *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * w: weights [depth / 2][VECTORS * LANES][2]. window.length and the depths are even;
 * where the depth is odd the missing weights are zero and a run has one more element that may be
 * read. Sums are exact modulo 2^32 unless both inputs and both weights of a pair are -32768. */
#define GEMM_SUM vi
#define GEMM_INPUT short
#define GEMM_WEIGHT WEIGHT
#define GEMM_START int
#define GEMM_GROUP 2
#define GEMM_LOAD_START(p) vi_load(p)
#define GEMM_LOAD_WEIGHTS(p) \
  _Generic((p), const signed char*: v_pairs_i8, const short*: v_pairs_i16)(p)
#define GEMM_SPREAD(p, next) (v_pairs) vi_set(v_word(p))
#define GEMM_ADD_PRODUCT(sum, input, weights) sum = v_add_pairs(sum, input, weights)
#include "gemm/tile.c"
#undef WEIGHT
