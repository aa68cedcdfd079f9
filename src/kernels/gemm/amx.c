/* OUTPUT_ROWS x COLUMNS outputs x VECTORS vectors of channels of a matrix product or a convolution
 * on tiles: bf16 times bf16, sums in f32, or bytes times signed bytes, sums of 32 bits. After
 * `vector`, `window` and `tiles`.
 *
 * Parameters
 *   NAME           of the function
 *   INPUT          element type of x: bf16, signed char or unsigned char
 *   OUTPUT_ROWS    1 or 2; 1 by default
 *   COLUMNS        neighbouring outputs of a row: 1..32 of one row, 1..16 of two
 *   VECTORS        vectors of channels: VECTORS * LANES is 16 or 32, one or two tiles
 *   STRIDE, DILATION
 *                  optional, of rows; 1 by default
 *   PREFETCH_FIRST, PREFETCH_EACH
 *                  optional: lines fetched from `ahead` on, before the first products and with each
 *                  step of V_TILE_BYTES inputs; 0 by default
 *
 * void NAME(struct v_tiles *tiles, const INPUT *const *rows, long x_at, long x_stride,
 *           struct window window, const INPUT *w, const SUM *bias, const void *ahead, SUM *sums)
 *
 * SUM is float for bf16, int for bytes. tiles: begun with V_TILE_SHAPES of as many columns and at
 * least as many rows. rows, x_at, x_stride: as gemm/fma has them. Every run of the window is a
 * multiple of V_TILE_BYTES long; what is behind the real inputs meets weights that are 0, and must
 * not be an infinity or NaN. w: weights [depth / g][VECTORS * LANES][g], g elements of which are
 * four bytes; those of bytes are signed. bias: VECTORS * LANES values that are added, or null for
 * zero. sums: what comes out, [OUTPUT_ROWS][COLUMNS][VECTORS * LANES]. Sums of bytes are exact
 * modulo 2^32; the zero point z of the inputs belongs into the bias, as -z times the sum of the
 * channel's weights. */
#ifndef OUTPUT_ROWS
#define OUTPUT_ROWS 1
#endif
#ifndef STRIDE
#define STRIDE 1
#endif
#ifndef DILATION
#define DILATION 1
#endif
#ifndef PREFETCH_FIRST
#define PREFETCH_FIRST 0
#endif
#ifndef PREFETCH_EACH
#define PREFETCH_EACH 0
#endif
#define AMX_STEP ((long)(V_TILE_BYTES / sizeof(INPUT))) /* inputs of a row of a tile */
#define AMX_HIGH (COLUMNS > V_TILE_ROWS || OUTPUT_ROWS > 1)
#define AMX_WIDE (VECTORS * LANES > 16)
#define AMX_WIDTH (VECTORS * LANES)
#define AMX_SECOND \
  (OUTPUT_ROWS > 1 ? COLUMNS : V_TILE_ROWS) /* the output that tile 2 begins with */
#define AMX_SUM __typeof__(_Generic((INPUT)0, bf16: 0.0f, default: 0))

V_INLINE void NAME(struct v_tiles* tiles, const INPUT* const* rows, long x_at, long x_stride,
                   struct window window, const INPUT* w, const AMX_SUM* bias, const void* ahead,
                   AMX_SUM* sums) {
  /* 0 to 3 are sums: 0 and 1 of the first outputs, 2 and 3 of the others; 4 and 5 are inputs, 6
   * and 7 weights. */
  const char* line = ahead;
  (void)tiles;
  if (bias) {
    V_TILE_LOAD(0, bias, 0);
    if (AMX_WIDE) V_TILE_LOAD(1, bias + 16, 0);
    if (AMX_HIGH) V_TILE_LOAD(2, bias, 0);
    if (AMX_HIGH && AMX_WIDE) V_TILE_LOAD(3, bias + 16, 0);
  } else {
    V_TILE_ZERO(0);
    if (AMX_WIDE) V_TILE_ZERO(1);
    if (AMX_HIGH) V_TILE_ZERO(2);
    if (AMX_HIGH && AMX_WIDE) V_TILE_ZERO(3);
  }
  V_UNROLL for (int n = 0; n < PREFETCH_FIRST; ++n) __builtin_prefetch(line + 64 * n, 0, 2);
  line += 64 * PREFETCH_FIRST;
  for (long row = 0; row < window.rows; ++row)
    for (long block = 0; block < window.blocks; ++block)
      for (long tap = 0; tap < window.taps; ++tap) {
        const long at = x_at + block * window.block_step + tap * window.tap_step;
        const INPUT* first = rows[row * DILATION] + at;
        const INPUT* second = OUTPUT_ROWS > 1 ? rows[STRIDE + row * DILATION] + at
                              : AMX_HIGH      ? first + V_TILE_ROWS * x_stride
                                              : first;
        const INPUT* weight =
            w + (row * window.row_depth + block * window.block_depth + tap * window.tap_depth) *
                    AMX_WIDTH;
        (void)second;
        for (long k = 0; k < window.length; k += AMX_STEP) {
          const INPUT* weights = weight + k * AMX_WIDTH;
          V_UNROLL for (int n = 0; n < PREFETCH_EACH; ++n) __builtin_prefetch(line + 64 * n, 0, 2);
          line += 64 * PREFETCH_EACH;
          V_TILE_LOAD(4, first + k, x_stride * (long)sizeof(INPUT));
          V_TILE_LOAD(6, weights, AMX_WIDTH * 4);
          V_TILE_MULTIPLY(first, 0, 4, 6);
          if (AMX_WIDE) {
            V_TILE_LOAD(7, (const char*)weights + V_TILE_BYTES, AMX_WIDTH * 4);
            V_TILE_MULTIPLY(first, 1, 4, 7);
          }
          if (AMX_HIGH) {
            V_TILE_LOAD(5, second + k, x_stride * (long)sizeof(INPUT));
            V_TILE_MULTIPLY(first, 2, 5, 6);
            if (AMX_WIDE) V_TILE_MULTIPLY(first, 3, 5, 7);
          }
        }
      }
  V_TILE_STORE(0, sums, AMX_WIDTH * 4);
  if (AMX_WIDE) V_TILE_STORE(1, sums + 16, AMX_WIDTH * 4);
  if (AMX_HIGH) V_TILE_STORE(2, sums + AMX_SECOND * AMX_WIDTH, AMX_WIDTH * 4);
  if (AMX_HIGH && AMX_WIDE) V_TILE_STORE(3, sums + AMX_SECOND * AMX_WIDTH + 16, AMX_WIDTH * 4);
}

#undef AMX_STEP
#undef AMX_HIGH
#undef AMX_WIDE
#undef AMX_WIDTH
#undef AMX_SECOND
#undef AMX_SUM
#undef NAME
#undef INPUT
#undef OUTPUT_ROWS
#undef COLUMNS
#undef VECTORS
#undef STRIDE
#undef DILATION
#undef PREFETCH_FIRST
#undef PREFETCH_EACH
