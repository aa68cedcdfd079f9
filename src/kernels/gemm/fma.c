/* OUTPUT_ROWS x COLUMNS outputs x VECTORS vectors of channels of a matrix product or a convolution,
 * in float.
 *
 * Parameters
 *   NAME                      of the function
 *   WEIGHT                    optional: element type of w, f32 (by default), f16 or bf16, which are
 *                             widened in registers
 *   INPUT                     optional: the same of the rows, f32 (by default) or bf16
 *   COLUMNS 1..16, VECTORS 1..4, OUTPUT_ROWS (optional, 1 by default)
 *                             tile: neighbouring outputs of a row, vectors of channels,
 * neighbouring rows; their product and VECTORS + 1 registers should exist STRIDE, DILATION
 * optional, of rows; 1 by default EPILOGUE_ARGUMENTS        more arguments, with a leading comma;
 * may be empty or absent STORE(row, column, vector, value) statement that disposes of one vector of
 * results; may use the function's arguments; row, column and vector are constants DEPTH_UNROLL
 * optional: depth steps in one turn of the loop; 4 by default PREFETCH_EVERY            optional:
 * every so many depth steps PREFETCH_LINES (1 by default) cache lines from `ahead` on are fetched
 * into L2; 0 (none) by default
 *
 * void NAME(const INPUT *const *rows, long x_at, long x_stride, struct window window,
 *           const WEIGHT *w, const float *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * rows: (window.rows - 1) * DILATION + 1 + (OUTPUT_ROWS - 1) * STRIDE pointers to rows of the
 * input, as window.c says; the first input of the first output is at rows[0] + x_at. Rows that
 * dilation steps over are not read. x_stride: elements between the inputs of neighbouring outputs
 * of a row. w: weights [depth][VECTORS * LANES], any alignment of 4 bytes, 64 is best. bias:
 * VECTORS * LANES values to start from, or null for zero. */
#ifndef INPUT
#define INPUT f32
#endif
#ifndef WEIGHT
#define WEIGHT f32
#endif
#define GEMM_SUM vf
#define GEMM_INPUT INPUT
#define GEMM_WEIGHT WEIGHT
#define GEMM_START float
#define GEMM_GROUP 1
#define GEMM_LOAD_START(p) vf_load(p)
#define GEMM_LOAD_WEIGHTS(p) V_JOIN(vf_load_, WEIGHT)(p)
#define GEMM_SPREAD(p, next) V_JOIN(vf_set_, INPUT)(*(p))
#define GEMM_ADD_PRODUCT(sum, input, weights) sum += (input) * (weights)
#if LANES == 4 && defined(__ARM_NEON)
#define GEMM_AT_ONCE 4
#define GEMM_LOAD_INPUTS(p, next) V_JOIN(vf_load_, INPUT)(p)
#define GEMM_ADD_LANE(sum, inputs, lane, weights) sum = vf_add_lane(sum, weights, inputs, lane)
#endif
#include "gemm/tile.c"
#undef INPUT
#undef WEIGHT
