/* COLUMNS outputs x VECTORS vectors of channels of a matrix product or a convolution: bf16 times
 * bf16, sums in f32, on tiles. After `vector`, `window` and `tiles`.
 *
 * Parameters
 *   NAME                 of the function
 *   COLUMNS 1..32        neighbouring outputs of a row: one or two tiles of up to 16
 *   VECTORS              vectors of channels: VECTORS * LANES is 16 or 32, one or two tiles
 *   DILATION             optional, of rows; 1 by default
 *   EPILOGUE_ARGUMENTS, STORE(row, column, vector, value)
 *                        as gemm/fma has them; row is 0
 *
 * void NAME(const bf16 *const *rows, long x_at, long x_stride, struct window window,
 *           const bf16 *w, const float *bias, const void *ahead EPILOGUE_ARGUMENTS)
 *
 * rows, x_at, x_stride: as gemm/fma has them. Nothing behind a run of inputs is read: what does
 * not fill a tile is copied. w: weights [depth / 2][VECTORS * LANES][2], in which each run of the
 * window is filled up with zeros to a multiple of 32 inputs; the window's depths count so, its
 * length does not. bias: VECTORS * LANES values that are added, or null for zero. ahead: unused.
 * The tiles are configured by each call and released at its end. */
#ifndef EPILOGUE_ARGUMENTS
#define EPILOGUE_ARGUMENTS
#endif
#ifndef DILATION
#define DILATION 1
#endif
#define AMX_DEPTH 32 /* bf16 in a row of a tile */
#define AMX_HIGH (COLUMNS > V_TILE_ROWS)
#define AMX_WIDE (VECTORS * LANES > 16)
#define AMX_FIRST (AMX_HIGH ? V_TILE_ROWS : COLUMNS)
#define AMX_SECOND (AMX_HIGH ? COLUMNS - V_TILE_ROWS : 1)
#define AMX_ROW_BYTES (VECTORS * LANES * 4) /* of sums, and of a pair of weights */

V_INLINE void NAME(const bf16* const* rows, long x_at, long x_stride, struct window window,
                   const bf16* w, const float* bias, const void* ahead EPILOGUE_ARGUMENTS) {
  /* 0 to 3 are sums: 0 and 1 of the first outputs, 2 and 3 of the others; 4 and 5 are inputs, 6 and
   * 7 weights. */
  static const struct v_tile_shapes shapes = {
      .palette = 1,
      .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
      .rows = {AMX_FIRST, AMX_FIRST, AMX_SECOND, AMX_SECOND, AMX_FIRST, AMX_SECOND, V_TILE_ROWS,
               V_TILE_ROWS}};
  struct v_tiles tiles;
  float sums[COLUMNS * VECTORS * LANES] __attribute__((aligned(64)));
  (void)ahead;
  v_tiles_begin(&tiles, &shapes);
  V_TILE_ZERO(0);
  if (AMX_WIDE) V_TILE_ZERO(1);
  if (AMX_HIGH) V_TILE_ZERO(2);
  if (AMX_HIGH && AMX_WIDE) V_TILE_ZERO(3);
  for (long row = 0; row < window.rows; ++row)
    for (long block = 0; block < window.blocks; ++block)
      for (long tap = 0; tap < window.taps; ++tap) {
        const bf16* run =
            rows[row * DILATION] + x_at + block * window.block_step + tap * window.tap_step;
        const bf16* weight =
            w + (row * window.row_depth + block * window.block_depth + tap * window.tap_depth) *
                    (VECTORS * LANES);
        for (long k = 0; k < window.length; k += AMX_DEPTH) {
          bf16 rest[COLUMNS * AMX_DEPTH] __attribute__((aligned(64)));
          const bf16* input = run + k;
          long stride = x_stride;
          if (window.length - k < AMX_DEPTH) {
            __builtin_memset(rest, 0, sizeof rest);
            for (long c = 0; c < COLUMNS; ++c)
              for (long i = 0; i < window.length - k; ++i)
                rest[c * AMX_DEPTH + i] = run[c * x_stride + k + i];
            input = rest;
            stride = AMX_DEPTH;
          }
          const bf16* weights = weight + k * (VECTORS * LANES);
          V_TILE_LOAD(4, input, stride * 2);
          V_TILE_LOAD(6, weights, AMX_ROW_BYTES);
          V_TILE_MULTIPLY(0, 4, 6);
          if (AMX_WIDE) {
            V_TILE_LOAD(7, weights + 32, AMX_ROW_BYTES);
            V_TILE_MULTIPLY(1, 4, 7);
          }
          if (AMX_HIGH) {
            V_TILE_LOAD(5, input + V_TILE_ROWS * stride, stride * 2);
            V_TILE_MULTIPLY(2, 5, 6);
            if (AMX_WIDE) V_TILE_MULTIPLY(3, 5, 7);
          }
        }
      }
  V_TILE_STORE(0, sums, AMX_ROW_BYTES);
  if (AMX_WIDE) V_TILE_STORE(1, sums + 16, AMX_ROW_BYTES);
  if (AMX_HIGH) V_TILE_STORE(2, sums + V_TILE_ROWS * VECTORS * LANES, AMX_ROW_BYTES);
  if (AMX_HIGH && AMX_WIDE)
    V_TILE_STORE(3, sums + V_TILE_ROWS * VECTORS * LANES + 16, AMX_ROW_BYTES);
  v_tiles_end();
  for (int column = 0; column < COLUMNS; ++column)
    V_UNROLL for (int vector = 0; vector < VECTORS; ++vector) {
      vf value = vf_load(sums + (column * VECTORS + vector) * LANES);
      if (bias) value += vf_load(bias + vector * LANES);
      STORE(0, column, vector, value);
    }
}

#undef AMX_DEPTH
#undef AMX_HIGH
#undef AMX_WIDE
#undef AMX_FIRST
#undef AMX_SECOND
#undef AMX_ROW_BYTES
#undef NAME
#undef COLUMNS
#undef VECTORS
#undef DILATION
#undef EPILOGUE_ARGUMENTS
#undef STORE
