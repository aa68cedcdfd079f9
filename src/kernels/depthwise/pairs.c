/* As depthwise/fma for bytes, in integers with 32-bit sums: two rows of the window at a time, by
 * products of pairs of 16 bits.
 * One output row; needs the template pairs.
 *
 * Parameters: NAME, KERNEL_ROWS, KERNEL_COLUMNS, STRIDE, DILATION, COLUMNS, CHANNELS,
 * EPILOGUE_ARGUMENTS and STORE of depthwise/fma, OUTPUT_ROWS = 1 where it is given, and
 *   INPUT   element type of the rows: signed char or unsigned char
 *
 * void NAME(const INPUT *const *rows, long pixel, const int *w, long tap,
 *           const int *bias EPILOGUE_ARGUMENTS)
 *
 * w: [pairs of window rows][KERNEL_COLUMNS] at `tap` elements from one another; each element is the
 * weight of the upper row in its lower half and that of the lower row, or zero where there is none,
 * in its upper half. The zero point z of the inputs belongs into the bias, as -z times the sum of
 * the channel's weights; a row outside the picture is a row of z. Sums are exact modulo 2^32. */
#ifndef CHANNELS
#define CHANNELS LANES
#endif
#ifndef EPILOGUE_ARGUMENTS
#define EPILOGUE_ARGUMENTS
#endif
#ifndef DILATION
#define DILATION 1
#endif
#define DEPTHWISE_LAST ((KERNEL_COLUMNS - 1) * DILATION + (COLUMNS - 1) * STRIDE)
#define DEPTHWISE_PAIRS(a, b)                                                                 \
  _Generic((a), const signed char*: v_pairs_of_i8, const unsigned char*: v_pairs_of_u8)(a, b, \
                                                                                        CHANNELS)
#define DEPTHWISE_ALONE(a)                                                                       \
  (v_pairs) _Generic((a), const signed char*: vi_load_i8_n, const unsigned char*: vi_load_u8_n)( \
      a, CHANNELS)

V_INLINE void NAME(const INPUT* const* rows, long pixel, const int* w, long tap,
                   const int* bias EPILOGUE_ARGUMENTS) {
  vi sum[COLUMNS];
  const vi start = bias ? vi_load_n(bias, CHANNELS) : (vi){};
  V_UNROLL for (int c = 0; c < COLUMNS; ++c) sum[c] = start;
  V_UNROLL for (int y = 0; y < KERNEL_ROWS; y += 2) {
    const int is_pair = y + 1 < KERNEL_ROWS;
    const INPUT *upper = rows[y * DILATION], *lower = is_pair ? rows[(y + 1) * DILATION] : upper;
    V_UNROLL for (int x = 0; x <= DEPTHWISE_LAST; ++x) {
      const v_pairs input = is_pair ? DEPTHWISE_PAIRS(upper + x * pixel, lower + x * pixel)
                                    : DEPTHWISE_ALONE(upper + x * pixel);
      V_UNROLL for (int k = 0; k < KERNEL_COLUMNS; ++k) {
        const int left = x - k * DILATION; /* of the output, in input columns */
        if (left < 0 || left % STRIDE != 0 || left / STRIDE >= COLUMNS) continue;
        const vi weights = vi_load_n(w + (y / 2 * KERNEL_COLUMNS + k) * tap, CHANNELS);
        sum[left / STRIDE] = v_add_pairs(sum[left / STRIDE], input, (v_pairs)weights);
      }
    }
  }
  V_UNROLL for (int c = 0; c < COLUMNS; ++c) { STORE(0, c, 0, sum[c]); }
}

#undef DEPTHWISE_LAST
#undef DEPTHWISE_PAIRS
#undef DEPTHWISE_ALONE
#undef NAME
#undef INPUT
#undef KERNEL_ROWS
#undef KERNEL_COLUMNS
#undef STRIDE
#undef DILATION
#undef COLUMNS
#undef OUTPUT_ROWS
#undef CROWDED
#undef CHANNELS
#undef EPILOGUE_ARGUMENTS
#undef STORE
