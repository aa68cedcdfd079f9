/* As depthwise/pairs, four rows at a time, by products of quads of 8 bits (vpdpbusd); elsewhere by
 * plain products, which mean the same. Needs the template pairs.
 *
 * Parameters: NAME, KERNEL_ROWS, KERNEL_COLUMNS, STRIDE, DILATION, COLUMNS, CHANNELS, INPUT,
 * EPILOGUE_ARGUMENTS and STORE of depthwise/pairs, and
 *   OUTPUT_ROWS  1, or 2 of STRIDE and DILATION 1, which share the rows that both read
 *   QUADS        of rows that the weights of each output row are for
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

V_INLINE void NAME(const INPUT* const* rows, long pixel, const int* w, long tap,
                   const int* bias EPILOGUE_ARGUMENTS) {
  vi sum[OUTPUT_ROWS][COLUMNS];
  const vi start = bias ? vi_load_n(bias, CHANNELS) : (vi){};
  V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < COLUMNS; ++c)
      sum[o][c] = start;
  V_UNROLL for (int y = 0; y < DEPTHWISE_ROWS; y += 4) {
    V_UNROLL for (int x = 0; x <= DEPTHWISE_LAST; ++x) {
      vi input = vi_set(DEPTHWISE_SIGN);
      V_UNROLL for (int r = 0; r < 4 && y + r < DEPTHWISE_ROWS; ++r) {
        const INPUT* at = rows[(y + r) * DILATION] + x * pixel;
        input ^= vi_load_u8_n((const unsigned char*)at, CHANNELS) << 8 * r;
      }
      V_UNROLL for (int k = 0; k < KERNEL_COLUMNS; ++k) {
        const int left = x - k * DILATION; /* of the output, in input columns */
        if (left < 0 || left % STRIDE != 0 || left / STRIDE >= COLUMNS) continue;
        V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) {
          const vi weights =
              vi_load_n(w + ((o * QUADS + y / 4) * KERNEL_COLUMNS + k) * tap, CHANNELS);
          sum[o][left / STRIDE] = v_add_quads(sum[o][left / STRIDE], input, weights);
        }
      }
    }
  }
  V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < COLUMNS; ++c) {
    STORE(o, c, 0, sum[o][c]);
  }
}

#undef DEPTHWISE_LAST
#undef DEPTHWISE_ROWS
#undef DEPTHWISE_SIGN
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
#undef STORE
