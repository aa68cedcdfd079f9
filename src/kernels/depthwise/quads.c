/* As depthwise/pairs, four rows at a time, by products of quads of 8 bits (vpdpbusd); elsewhere by
 * plain products, which mean the same. Needs the template pairs and 8 lanes or 16.
 *
 * Parameters: NAME, KERNEL_ROWS, KERNEL_COLUMNS, STRIDE, DILATION, COLUMNS, INPUT and
 * EPILOGUE_ARGUMENTS of depthwise/pairs, and
 *   CHANNELS     of a tile: 1..4 * LANES, LANES by default
 *   OUTPUT_ROWS  1, or 2 of STRIDE and DILATION 1, which share the rows that both read
 *   QUADS        of rows that the weights of each output row are for
 *   STORE_PIXEL(row, column, sums)  statement that takes the sums of an output, of CHANNELS
 *                channels in vectors at `sums`
 *
 * void NAME(const INPUT *const *rows, long pixel, const int *w, long tap,
 *           const int *bias EPILOGUE_ARGUMENTS)
 *
 * w: [output row][QUADS][KERNEL_COLUMNS] at `tap` elements from one another; each element is four
 * weights of 8 bits of a channel, for rows one behind the other from the first that the tile reads
 * (of one output row: from the first of its window, DILATION apart), the lowest bits for the first,
 * and 0 for rows that are not of the output row's window. The kernel adds 128 to inputs with a
 * sign. So the bias has to hold -z, or -z - 128, times the sum of the channel's weights for a zero
 * point z; a row outside the picture is a row of z. Sums are exact modulo 2^32. */
#ifndef CHANNELS
#define CHANNELS LANES
#endif
#ifndef EPILOGUE_ARGUMENTS
#define EPILOGUE_ARGUMENTS
#endif
#ifndef DILATION
#define DILATION 1
#endif
#ifndef OUTPUT_ROWS
#define OUTPUT_ROWS 1
#endif
#define DEPTHWISE_LAST ((KERNEL_COLUMNS - 1) * DILATION + (COLUMNS - 1) * STRIDE)
#define DEPTHWISE_ROWS (KERNEL_ROWS + OUTPUT_ROWS - 1)
#define DEPTHWISE_SIGN _Generic((INPUT)0, signed char: (int)0x80808080, unsigned char: 0)
#define DEPTHWISE_VECTORS ((CHANNELS + LANES - 1) / LANES)
/* Channels of a vector: the last may have fewer. */
#define DEPTHWISE_IN(v) (CHANNELS - (v) * LANES < LANES ? CHANNELS - (v) * LANES : LANES)
#define DEPTHWISE_STEPS (OUTPUT_ROWS * QUADS * KERNEL_COLUMNS)
#define DEPTHWISE_WEIGHTS(step, v) vi_load_n(w + (step) * tap + (v) * LANES, DEPTHWISE_IN(v))
/* Weights stay in registers where there is room beside the sums and what becomes of the rows. */
#define DEPTHWISE_HOLDS \
  ((DEPTHWISE_STEPS + OUTPUT_ROWS * COLUMNS) * DEPTHWISE_VECTORS + 8 <= V_REGISTERS)

V_INLINE void NAME(const INPUT* const* rows, long pixel, const int* w, long tap,
                   const int* bias EPILOGUE_ARGUMENTS) {
  vi sum[OUTPUT_ROWS][COLUMNS][DEPTHWISE_VECTORS];
  V_UNROLL for (int v = 0; v < DEPTHWISE_VECTORS; ++v) {
    const vi start = bias ? vi_load_n(bias + v * LANES, DEPTHWISE_IN(v)) : (vi){};
    V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < COLUMNS; ++c)
        sum[o][c][v] = start;
  }
  vi held[DEPTHWISE_STEPS][DEPTHWISE_VECTORS];
  if (DEPTHWISE_HOLDS)
    V_UNROLL for (int step = 0; step < DEPTHWISE_STEPS; ++step)
        V_UNROLL for (int v = 0; v < DEPTHWISE_VECTORS; ++v) held[step][v] =
            DEPTHWISE_WEIGHTS(step, v);
  V_UNROLL for (int y = 0; y < DEPTHWISE_ROWS; y += 4) {
    V_UNROLL for (int x = 0; x <= DEPTHWISE_LAST; ++x) {
      const int count = DEPTHWISE_ROWS - y < 4 ? DEPTHWISE_ROWS - y : 4;
      const unsigned char* four[4];
      V_UNROLL for (int r = 0; r < count; ++r) four[r] =
          (const unsigned char*)rows[(y + r) * DILATION] + x * pixel;
      vi input[4];
      v_quads_of_rows(four, count, CHANNELS, input);
      V_UNROLL for (int v = 0; v < DEPTHWISE_VECTORS; ++v) input[v] ^= vi_set(DEPTHWISE_SIGN);
      V_UNROLL for (int k = 0; k < KERNEL_COLUMNS; ++k) {
        const int left = x - k * DILATION; /* of the output, in input columns */
        if (left < 0 || left % STRIDE != 0 || left / STRIDE >= COLUMNS) continue;
        V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) {
          const int step = (o * QUADS + y / 4) * KERNEL_COLUMNS + k;
          V_UNROLL for (int v = 0; v < DEPTHWISE_VECTORS; ++v) {
            vi* to = &sum[o][left / STRIDE][v];
            *to = v_add_quads(*to, input[v],
                              DEPTHWISE_HOLDS ? held[step][v] : DEPTHWISE_WEIGHTS(step, v));
            V_BARRIER(*to);
          }
        }
      }
    }
  }
  V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < COLUMNS; ++c) {
    STORE_PIXEL(o, c, sum[o][c]);
  }
}

#undef DEPTHWISE_LAST
#undef DEPTHWISE_ROWS
#undef DEPTHWISE_SIGN
#undef DEPTHWISE_VECTORS
#undef DEPTHWISE_IN
#undef DEPTHWISE_STEPS
#undef DEPTHWISE_WEIGHTS
#undef DEPTHWISE_HOLDS
#undef NAME
#undef INPUT
#undef KERNEL_ROWS
#undef KERNEL_COLUMNS
#undef STRIDE
#undef DILATION
#undef COLUMNS
#undef OUTPUT_ROWS
#undef QUADS
#undef CROWDED
#undef CHANNELS
#undef EPILOGUE_ARGUMENTS
#undef STORE_PIXEL
