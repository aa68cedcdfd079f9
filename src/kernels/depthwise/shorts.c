/* As depthwise/fma for bytes, in integers with 32-bit sums: eight channels at a time, which are two
 * vectors, by products of 16 bits (smlal). Needs 4 lanes and the template pairs.
 *
 * Parameters: those of depthwise/fma, CHANNELS 1..8 with all of them by default, and
 *   INPUT   element type of the rows: signed char or unsigned char
 *
 * void NAME(const INPUT *const *rows, long pixel, const short *w, long tap,
 *           const int *bias EPILOGUE_ARGUMENTS)
 *
 * The zero point z of the inputs belongs into the bias, as -z times the sum of the channel's
 * weights; a row outside the picture is a row of z. Sums are exact modulo 2^32. STORE has as many
 * vectors, 0 and 1, as CHANNELS fill. */
#ifndef CHANNELS
#define CHANNELS (2 * LANES)
#endif
#define DEPTHWISE_SUM struct v_two
#define DEPTHWISE_FACTOR v_eight_shorts
#define DEPTHWISE_INPUT INPUT
#define DEPTHWISE_WEIGHT short
#define DEPTHWISE_START int
#define DEPTHWISE_WIDEN(p) \
  _Generic((p), const signed char*: v_eight_of_i8, const unsigned char*: v_eight_of_u8)(p, CHANNELS)
#define DEPTHWISE_LOAD_START(p) v_two_load_n(p, CHANNELS)
#define DEPTHWISE_LOAD(p) DEPTHWISE_WIDEN(p)
#define DEPTHWISE_LOAD_WEIGHTS(p) v_eight_of_i16(p, CHANNELS)
#define DEPTHWISE_ADD(sum, input, weights) sum = v_add_eight_products(sum, input, weights)
#define DEPTHWISE_KEEP(sum) \
  do {                      \
    V_BARRIER((sum).low);   \
    V_BARRIER((sum).high);  \
  } while (0)
#define DEPTHWISE_FINISH(row, column, sum)                   \
  do {                                                       \
    STORE(row, column, 0, (sum).low);                        \
    if (CHANNELS > LANES) STORE(row, column, 1, (sum).high); \
  } while (0)
#include "depthwise/tile.c"
#undef DEPTHWISE_WIDEN
#undef INPUT
