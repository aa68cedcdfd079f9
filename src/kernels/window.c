/* What one output of a convolution or a matrix product reads. Paste once, after vector.c.
 *
 * An output is the sum of `rows` x `blocks` x `taps` runs; a run is `length` consecutive inputs,
 * each with its weights. The rows of the input are given as pointers. Steps count elements of the
 * input, depths count depth steps (one depth step is all weights of one input); those over what
 * there is one of are not used.
 *
 *   matrix product, 1x1      {.rows = 1, .blocks = 1, .taps = 1, .length = depth}
 *   k x k, channels last     {.rows = k, .row_depth = k * channels, .blocks = 1, .taps = 1,
 *                             .length = k * channels}
 *   dilation d               {.rows = k, .row_depth = k * channels, .blocks = 1, .taps = k,
 *                             .tap_step = d * channels, .tap_depth = channels, .length = channels}
 *   k x k on planes          {.rows = k, .row_depth = channels * k, .blocks = channels,
 *                             .block_step = plane, .block_depth = k, .taps = 1, .length = k}
 */
struct window {
  long rows, row_depth;
  long blocks, block_step, block_depth;
  long taps, tap_step, tap_depth;
  long length;
};
