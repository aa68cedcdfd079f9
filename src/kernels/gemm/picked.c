/* As gemm/bytes, for weights of any 8 bits: every panel multiplies its inputs in an order of its
 * own, in which products fit 16 bits. Sixteen neighbours are loaded at a time and four of them are
 * picked (vpshufb), which takes no longer than to spread four neighbours. Where four products fit
 * 16 bits together, they are added there and widened once. Needs AVX2 and the template pairs.
 *
 * Parameters: those of gemm/bytes, and
 *   FOURS        which whole blocks have sums of four: 0 none, 1 some (the default), 2 all
 *   EXTRA_STEPS  at the end of every run, for inputs that fit beside no others; 0 by default; a run
 *                ends before one whose first byte of order has bit 7
 *
 * void NAME(const unsigned char *const *rows, long x_at, long x_stride, struct window window,
 *           const signed char *w, const unsigned char *order, const int *bias,
 *           const void *ahead EPILOGUE_ARGUMENTS)
 *
 * window.length without the extra steps is at least 16. A run is read in blocks of 16 inputs from
 * its beginning on; the steps of what is left over pick from the last 16 of the run, extra steps
 * from anywhere: from four times the number that bits 4 to 6 of their four bytes make, of the first
 * the lowest. PREFETCH_EVERY is a multiple of 4.
 * order: [depth / 4][4]: for each step which inputs of its block it takes, 0..15. In the first byte
 * of a whole block bit 6 says that sums of four fit in all of it: the weights of products 0 and 1
 * of step 0 and of the same of step 1 together, those of products 2 and 3 of both, and the same of
 * steps 2 and 3, sum up to at most 128, the positive ones, and at least -128, the negative ones, in
 * each channel. Elsewhere that holds of products 0 and 1, and of 2 and 3, of each step by itself.
 * w: as for gemm/bytes, in that order. Sums are exact modulo 2^32. */
#define GEMM_PICKED
#define GEMM_ADD_PRODUCT(sum, input, weights) sum = v_add_small_quads(sum, input, weights)
#include "gemm/quads.c"
