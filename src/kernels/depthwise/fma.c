/* OUTPUT_ROWS x COLUMNS outputs of a depthwise convolution, one vector of channels, in float.
 *
 * Parameters
 *   NAME                          of the function
 *   WEIGHT                        optional: element type of w, f32 (by default), f16 or bf16
 *   INPUT                         optional: the same of the rows, f32 (by default) or bf16
 *   KERNEL_ROWS, KERNEL_COLUMNS   window
 *   STRIDE                        both ways
 *   DILATION                      optional, both ways; 1 by default
 *   COLUMNS 1..16                 neighbouring output columns
 *   OUTPUT_ROWS                   optional: 1 or 2 neighbouring output rows; 1 by default
 *   TAP_FROM, TAP_TO              optional: only the window columns [TAP_FROM, TAP_TO), for tiles
 *                                 at an edge; all by default
 *   CHANNELS                      optional: only the first CHANNELS lanes are read; LANES by
 * default CROWDED                       optional: 1 where what disposes of the results needs
 * registers of its own from tile to tile; 0 by default EPILOGUE_ARGUMENTS            more
 * arguments, with a leading comma; may be empty or absent STORE(row, column, vector, value)
 *                                 statement that disposes of one vector of results; there is one
 *                                 vector of channels, 0
 *
 * void NAME(const INPUT *const *rows, long pixel, const WEIGHT *w, long tap,
 *           const float *bias EPILOGUE_ARGUMENTS)
 *
 * rows: (KERNEL_ROWS - 1) * DILATION + 1 + (OUTPUT_ROWS - 1) * STRIDE pointers to the input rows of
 * the window, each to the first channel of the first window column of the first output (which may
 * lie outside the row when TAP_FROM keeps it from being read); a row outside the picture is a row
 * of zeros. Rows that dilation steps over are not read.
 * pixel: elements between neighbouring columns.
 * w: weights [KERNEL_ROWS][KERNEL_COLUMNS] at `tap` elements from one another.
 * bias: values to start from, or null for zero. */
#ifndef CHANNELS
#define CHANNELS LANES
#endif
#ifndef INPUT
#define INPUT f32
#endif
#ifndef WEIGHT
#define WEIGHT f32
#endif
#define DEPTHWISE_SUM vf
#define DEPTHWISE_INPUT INPUT
#define DEPTHWISE_WEIGHT WEIGHT
#define DEPTHWISE_START float
#define DEPTHWISE_LOAD_START(p) vf_load_n(p, CHANNELS)
#define DEPTHWISE_LOAD(p) V_JOIN(V_JOIN(vf_load_, INPUT), _n)(p, CHANNELS)
#define DEPTHWISE_LOAD_WEIGHTS(p) V_JOIN(V_JOIN(vf_load_, WEIGHT), _n)(p, CHANNELS)
#include "depthwise/tile.c"
#undef INPUT
#undef WEIGHT
