/* The part that all depthwise kernels share. They define DEPTHWISE_SUM (vf or vi), DEPTHWISE_INPUT,
 * DEPTHWISE_WEIGHT and DEPTHWISE_START (element types of the rows, w and bias), and
 * DEPTHWISE_LOAD_START(p), DEPTHWISE_LOAD(p) and DEPTHWISE_LOAD_WEIGHTS(p). Where sums are of two
 * vectors: their type, DEPTHWISE_FACTOR the type of inputs and weights, and statements
 * DEPTHWISE_ADD(sum, input, weights), DEPTHWISE_KEEP(sum) and DEPTHWISE_FINISH(row, column, sum),
 * which stores them. */

#ifndef EPILOGUE_ARGUMENTS
#define EPILOGUE_ARGUMENTS
#endif
#ifndef DILATION
#define DILATION 1
#endif
#ifndef OUTPUT_ROWS
#define OUTPUT_ROWS 1
#endif
#ifndef TAP_FROM
#define TAP_FROM 0
#endif
#ifndef TAP_TO
#define TAP_TO KERNEL_COLUMNS
#endif
#ifndef CROWDED
#define CROWDED 0
#endif
#ifndef DEPTHWISE_FACTOR
#define DEPTHWISE_FACTOR DEPTHWISE_SUM
#define DEPTHWISE_ADD(sum, input, weights) sum += (input) * (weights)
#define DEPTHWISE_KEEP(sum) V_BARRIER(sum)
#define DEPTHWISE_FINISH(row, column, sum) STORE(row, column, 0, sum)
#endif
#define DEPTHWISE_ROWS ((KERNEL_ROWS - 1) * DILATION + 1 + (OUTPUT_ROWS - 1) * STRIDE)
#define DEPTHWISE_LAST ((TAP_TO - 1) * DILATION + (COLUMNS - 1) * STRIDE)
/* Where not all weights fit into registers they are read through one pointer, and only those rows
 * of them are held that the next inputs meet. */
#define DEPTHWISE_IS_TIGHT \
  (V_FEW_REGISTERS || (V_LOADS_APART && (CROWDED || KERNEL_ROWS * (TAP_TO - TAP_FROM) > 9)))
#define DEPTHWISE_HOLDS_ROWS (DEPTHWISE_IS_TIGHT && KERNEL_COLUMNS <= 7)
#define DEPTHWISE_WEIGHTS(down, k) DEPTHWISE_LOAD_WEIGHTS(w + ((down) * KERNEL_COLUMNS + (k)) * tap)
V_INLINE void NAME(const DEPTHWISE_INPUT* const* rows, long pixel, const DEPTHWISE_WEIGHT* w,
                   long tap, const DEPTHWISE_START* bias EPILOGUE_ARGUMENTS) {
  DEPTHWISE_SUM sum[OUTPUT_ROWS][COLUMNS];
  const DEPTHWISE_SUM start = bias ? DEPTHWISE_LOAD_START(bias) : (DEPTHWISE_SUM){};
  V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < COLUMNS; ++c)
      sum[o][c] = start;
  DEPTHWISE_FACTOR held[KERNEL_ROWS][KERNEL_COLUMNS];
  if (DEPTHWISE_HOLDS_ROWS) V_HIDE(w);
  V_UNROLL for (int y = 0; y < DEPTHWISE_ROWS; ++y) {
    const DEPTHWISE_INPUT* row = rows[y];
    if (DEPTHWISE_HOLDS_ROWS && V_FEW_REGISTERS) V_HIDE(row);
    if (DEPTHWISE_HOLDS_ROWS && y % DILATION == 0 && y / DILATION < KERNEL_ROWS)
      V_UNROLL for (int k = TAP_FROM; k < TAP_TO; ++k) held[y / DILATION][k] =
          DEPTHWISE_WEIGHTS(y / DILATION, k);
    V_UNROLL for (int x = TAP_FROM * DILATION; x <= DEPTHWISE_LAST; ++x) {
      const DEPTHWISE_FACTOR input = DEPTHWISE_LOAD(row + x * pixel);
      V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) {
        const int down = y - o * STRIDE;
        if (down < 0 || down % DILATION != 0 || down / DILATION >= KERNEL_ROWS) continue;
        V_UNROLL for (int k = TAP_FROM; k < TAP_TO; ++k) {
          const int left = x - k * DILATION; /* of the output, in input columns */
          if (left < 0 || left % STRIDE != 0 || left / STRIDE >= COLUMNS) continue;
          DEPTHWISE_ADD(sum[o][left / STRIDE], input,
                        (DEPTHWISE_HOLDS_ROWS ? held[down / DILATION][k]
                                              : DEPTHWISE_WEIGHTS(down / DILATION, k)));
        }
      }
      if (DEPTHWISE_IS_TIGHT)
        V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < COLUMNS; ++c)
            DEPTHWISE_KEEP(sum[o][c]);
    }
  }
  V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < COLUMNS; ++c) {
    DEPTHWISE_FINISH(o, c, sum[o][c]);
  }
}

#undef DEPTHWISE_SUM
#undef DEPTHWISE_INPUT
#undef DEPTHWISE_WEIGHT
#undef DEPTHWISE_START
#undef DEPTHWISE_LOAD_START
#undef DEPTHWISE_LOAD
#undef DEPTHWISE_LOAD_WEIGHTS
#undef DEPTHWISE_FACTOR
#undef DEPTHWISE_ADD
#undef DEPTHWISE_KEEP
#undef DEPTHWISE_FINISH
#undef DEPTHWISE_ROWS
#undef DEPTHWISE_LAST
#undef DEPTHWISE_IS_TIGHT
#undef DEPTHWISE_HOLDS_ROWS
#undef DEPTHWISE_WEIGHTS
#undef NAME
#undef KERNEL_ROWS
#undef KERNEL_COLUMNS
#undef STRIDE
#undef DILATION
#undef COLUMNS
#undef OUTPUT_ROWS
#undef TAP_FROM
#undef TAP_TO
#undef CROWDED
#undef CHANNELS
#undef EPILOGUE_ARGUMENTS
#undef STORE
