/* The part that all matrix kernels share: a tile of OUTPUT_ROWS x COLUMNS outputs x VECTORS vectors
 * of channels, summed over a window. The kernels define what is multiplied: GEMM_SUM vf or vi;
 * GEMM_INPUT, GEMM_WEIGHT, GEMM_START element types of the rows, w and bias; GEMM_GROUP consecutive
 * inputs that one depth step takes; GEMM_LOAD_START(p), GEMM_LOAD_WEIGHTS(p), GEMM_SPREAD(p, next)
 * vectors from memory; GEMM_ADD_PRODUCT(sum, input, weights) statement. Where products can take one
 * lane of what is loaded of the inputs: GEMM_AT_ONCE lanes, 2 or 4, GEMM_LOAD_INPUTS(p, next), and
 * GEMM_ADD_LANE(sum, inputs, lane, weights) statement, or, where two lanes are added before they
 * are added to a sum, GEMM_MULTIPLY(inputs, first, second) and GEMM_ADD(sum, product) instead.
 * Where a vector of channels has several sums, GEMM_PARTS of them, and where a sum is of
 * GEMM_PIXELS 2 neighbours: `next` is how far behind p the inputs of the second lie, and
 * GEMM_RESULT(sums, pixel) the vector of a pixel from its sums. Where neither is so,
 * STORE_PIXEL(row, column, sums) may be given instead of STORE: it takes the VECTORS sums of a
 * pixel at once. GEMM_PICKED: the inputs of a step are picked from 16, see gemm/picked. */

#ifndef EPILOGUE_ARGUMENTS
#define EPILOGUE_ARGUMENTS
#endif
#ifndef OUTPUT_ROWS
#define OUTPUT_ROWS 1
#endif
#ifndef STRIDE
#define STRIDE 1
#endif
#ifndef DILATION
#define DILATION 1
#endif
#ifndef DEPTH_UNROLL
#define DEPTH_UNROLL 4
#endif
#ifndef GEMM_PIXELS
#define GEMM_PIXELS 1
#endif
#ifdef GEMM_PICKED
#define GEMM_ORDER const unsigned char *order,
#define GEMM_AT_ONCE 4
#undef DEPTH_UNROLL
#define DEPTH_UNROLL 2
#ifndef FOURS
#define FOURS 1
#endif
#else
#define GEMM_ORDER
#endif
#ifndef EXTRA_STEPS
#define EXTRA_STEPS 0
#endif
#ifndef GEMM_PARTS
#define GEMM_PARTS 1
#define GEMM_RESULT(sums, pixel) (sums)[pixel]
#endif
/* Sums across the columns and down the channels of a tile; the last may be of one pixel alone. */
#define GEMM_ACROSS ((COLUMNS + GEMM_PIXELS - 1) / GEMM_PIXELS)
#define GEMM_DOWN (VECTORS * GEMM_PARTS)
#define GEMM_NEXT(c) (GEMM_PIXELS * (c) + 1 < COLUMNS ? x_stride : 0)
#ifndef START
#define START(row, column, vector) \
  (bias ? GEMM_LOAD_START(bias + (vector) * (LANES / GEMM_PARTS)) : (GEMM_SUM){})
#endif
#ifndef PREFETCH_EVERY
#define PREFETCH_EVERY 0
#endif
#ifndef PREFETCH_LINES
#define PREFETCH_LINES 1
#endif

/* When the tile fills the registers even one load too early spills. Of weights that are known to be
 * constants clang would load those of the next step early, whatever stands between. */
#ifdef GEMM_AT_ONCE
#define GEMM_LOADED (OUTPUT_ROWS * COLUMNS * GEMM_PIXELS + 2 * GEMM_DOWN)
#else
#define GEMM_LOADED (VECTORS + 4)
#endif
#define GEMM_TIGHT \
  (OUTPUT_ROWS * GEMM_ACROSS * GEMM_DOWN + GEMM_LOADED >= V_REGISTERS || V_FEW_REGISTERS)
/* With few registers one pointer runs along the weights and one along each column of inputs, else
 * they stay and what is read lies at so many steps from them. */
#define GEMM_WEIGHTS_AT(k, v) (weight + ((V_FEW_REGISTERS ? 0 : (k) * GEMM_DOWN) + (v)) * GEMM_LINE)
#define GEMM_PASS_WEIGHTS(steps)               \
  if (V_FEW_REGISTERS) {                       \
    weight += (steps) * GEMM_DOWN * GEMM_LINE; \
    V_HIDE(weight);                            \
  }
#define GEMM_WEIGHTS(k)                                     \
  __typeof__(GEMM_LOAD_WEIGHTS(w)) weights[GEMM_DOWN];      \
  V_UNROLL for (int v = 0; v < GEMM_DOWN; ++v) weights[v] = \
      GEMM_LOAD_WEIGHTS(GEMM_WEIGHTS_AT(k, v));             \
  GEMM_PASS_WEIGHTS(1)
#define GEMM_LINE (LANES / GEMM_PARTS * GEMM_GROUP)
#define GEMM_INPUTS(o, c, k) \
  (V_FEW_REGISTERS ? column[o][c] : run[o] + (c) * GEMM_PIXELS * x_stride + (k) * GEMM_GROUP)
#define GEMM_PASS(o, c, n)            \
  do {                                \
    if (V_FEW_REGISTERS) {            \
      column[o][c] += n * GEMM_GROUP; \
      V_HIDE(column[o][c]);           \
    }                                 \
  } while (0)
#define GEMM_ALL_INPUTS(o, c) \
  V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) V_UNROLL for (int c = 0; c < GEMM_ACROSS; ++c)
#define GEMM_ALL_SUMS(o, c, v) GEMM_ALL_INPUTS(o, c) V_UNROLL for (int v = 0; v < GEMM_DOWN; ++v)
#define GEMM_KEEP(o, c, v) \
  if (GEMM_TIGHT || (o == OUTPUT_ROWS - 1 && c == GEMM_ACROSS - 1)) V_BARRIER(sum[o][c][v])
/* Two pixels at a time become results: more would need more registers. */
#define GEMM_KEEP_TWO(o, c)                                     \
  V_UNROLL for (int two = 0; two < 2 / GEMM_PIXELS * GEMM_DOWN; \
                ++two) if (c + two / GEMM_DOWN < GEMM_ACROSS)   \
      V_BARRIER(sum[o][c + two / GEMM_DOWN][two % GEMM_DOWN])
#ifdef GEMM_PICKED
/* One step, or two whose products are added in 16 bits, of inputs that lie from `from` on. */
#define GEMM_SIXTEEN(o, c, from) v_sixteen(run[o] + (c) * x_stride + (from), X_SIGNED)
#define GEMM_PICK(k, from)                                      \
  do {                                                          \
    const v_row picks = v_picks(picked + (k) * GEMM_GROUP);     \
    GEMM_WEIGHTS(k);                                            \
    GEMM_ALL_INPUTS(o, c) {                                     \
      const vi input = v_pick(GEMM_SIXTEEN(o, c, from), picks); \
      V_UNROLL for (int v = 0; v < VECTORS; ++v) {              \
        GEMM_ADD_PRODUCT(sum[o][c][v], input, weights[v]);      \
        V_BARRIER(sum[o][c][v]);                                \
      }                                                         \
    }                                                           \
  } while (0)
#define GEMM_PICK_TWO(k, from)                                                                   \
  do {                                                                                           \
    const v_row one = v_picks(picked + (k) * GEMM_GROUP);                                        \
    const v_row two = v_picks(picked + ((k) + 1) * GEMM_GROUP);                                  \
    GEMM_ALL_INPUTS(o, c) {                                                                      \
      const v_row inputs = GEMM_SIXTEEN(o, c, from);                                             \
      const vi first = v_pick(inputs, one), second = v_pick(inputs, two);                        \
      V_UNROLL for (int v = 0; v < VECTORS; ++v) {                                               \
        sum[o][c][v] =                                                                           \
            v_add_two_small_quads(sum[o][c][v], first, GEMM_LOAD_WEIGHTS(GEMM_WEIGHTS_AT(k, v)), \
                                  second, GEMM_LOAD_WEIGHTS(GEMM_WEIGHTS_AT((k) + 1, v)));       \
        V_BARRIER(sum[o][c][v]);                                                                 \
      }                                                                                          \
    }                                                                                            \
  } while (0)
#define GEMM_STEP(k) GEMM_PICK(k, (steps) * GEMM_GROUP - 16)
#define GEMM_STEPS(k)                                                              \
  do {                                                                             \
    if (PREFETCH_EVERY && k % (PREFETCH_EVERY + !PREFETCH_EVERY) == 0) GEMM_FETCH; \
    if (FOURS == 2 || (FOURS && picked[(k) * GEMM_GROUP] & 64)) {                  \
      GEMM_PICK_TWO(k, (k) * GEMM_GROUP);                                          \
      GEMM_PICK_TWO((k) + 2, (k) * GEMM_GROUP);                                    \
    } else {                                                                       \
      GEMM_PICK(k, (k) * GEMM_GROUP);                                              \
      GEMM_PICK((k) + 1, (k) * GEMM_GROUP);                                        \
      GEMM_PICK((k) + 2, (k) * GEMM_GROUP);                                        \
      GEMM_PICK((k) + 3, (k) * GEMM_GROUP);                                        \
    }                                                                              \
  } while (0)
#elif defined(GEMM_MULTIPLY)
/* As many sums as leave room for their products, so that none waits for the one before it. */
#define GEMM_TOGETHER \
  (V_REGISTERS / 4 > OUTPUT_ROWS * GEMM_ACROSS ? V_REGISTERS / 4 / (OUTPUT_ROWS * GEMM_ACROSS) : 1)
#define GEMM_TOGETHER_FROM(from, v) \
  V_UNROLL for (int v = 0; v < GEMM_TOGETHER && from + v < GEMM_DOWN; ++v)
/* Weights are loaded one by one. */
#define GEMM_STEP(k)                                                                             \
  do {                                                                                           \
    __typeof__(GEMM_SPREAD(run[0], 0)) inputs[OUTPUT_ROWS][GEMM_ACROSS];                         \
    GEMM_ALL_INPUTS(o, c) {                                                                      \
      inputs[o][c] = GEMM_SPREAD(GEMM_INPUTS(o, c, k), GEMM_NEXT(c));                            \
      GEMM_PASS(o, c, 1);                                                                        \
    }                                                                                            \
    V_UNROLL for (int v = 0; v < GEMM_DOWN; ++v) {                                               \
      const __typeof__(GEMM_LOAD_WEIGHTS(w)) weights = GEMM_LOAD_WEIGHTS(GEMM_WEIGHTS_AT(k, v)); \
      GEMM_ALL_INPUTS(o, c) {                                                                    \
        GEMM_ADD_PRODUCT(sum[o][c][v], inputs[o][c], weights);                                   \
        V_BARRIER(sum[o][c][v]);                                                                 \
      }                                                                                          \
    }                                                                                            \
    GEMM_PASS_WEIGHTS(1)                                                                         \
  } while (0)
#define GEMM_LANE_STEPS(k)                                                                  \
  V_UNROLL for (int from = 0; from < GEMM_DOWN; from += GEMM_TOGETHER) {                    \
    __typeof__(GEMM_MULTIPLY(                                                               \
        inputs[0][0], GEMM_LOAD_WEIGHTS(w),                                                 \
        GEMM_LOAD_WEIGHTS(w))) products[OUTPUT_ROWS][GEMM_ACROSS][GEMM_TOGETHER];           \
    GEMM_TOGETHER_FROM(from, v) {                                                           \
      const __typeof__(GEMM_LOAD_WEIGHTS(w)) first =                                        \
          GEMM_LOAD_WEIGHTS(GEMM_WEIGHTS_AT(k, from + v));                                  \
      const __typeof__(GEMM_LOAD_WEIGHTS(w)) second =                                       \
          GEMM_LOAD_WEIGHTS(GEMM_WEIGHTS_AT(k, GEMM_DOWN + from + v));                      \
      GEMM_ALL_INPUTS(o, c) products[o][c][v] = GEMM_MULTIPLY(inputs[o][c], first, second); \
    }                                                                                       \
    GEMM_TOGETHER_FROM(from, v)                                                             \
    GEMM_ALL_INPUTS(o, c) GEMM_ADD(sum[o][c][from + v], products[o][c][v]);                 \
    GEMM_TOGETHER_FROM(from, v) GEMM_ALL_INPUTS(o, c) V_BARRIER(sum[o][c][from + v]);       \
  }                                                                                         \
  GEMM_PASS_WEIGHTS(2)
#else
#define GEMM_STEP(k)                                       \
  do {                                                     \
    GEMM_WEIGHTS(k);                                       \
    GEMM_ALL_INPUTS(o, c) {                                \
      const __typeof__(GEMM_SPREAD(run[0], 0)) input =     \
          GEMM_SPREAD(GEMM_INPUTS(o, c, k), GEMM_NEXT(c)); \
      GEMM_PASS(o, c, 1);                                  \
      V_UNROLL for (int v = 0; v < GEMM_DOWN; ++v) {       \
        GEMM_ADD_PRODUCT(sum[o][c][v], input, weights[v]); \
        GEMM_KEEP(o, c, v);                                \
      }                                                    \
    }                                                      \
  } while (0)
#define GEMM_LANE_STEP(k, lane)                                    \
  do {                                                             \
    GEMM_WEIGHTS((k) + lane);                                      \
    GEMM_ALL_SUMS(o, c, v) {                                       \
      GEMM_ADD_LANE(sum[o][c][v], inputs[o][c], lane, weights[v]); \
      GEMM_KEEP(o, c, v);                                          \
    }                                                              \
  } while (0)
#define GEMM_LANE_STEPS(k) \
  GEMM_LANE_STEP(k, 0);    \
  GEMM_LANE_STEP(k, 1);    \
  if (GEMM_AT_ONCE > 2) {  \
    GEMM_LANE_STEP(k, 2);  \
    GEMM_LANE_STEP(k, 3);  \
  }
#endif
#ifndef GEMM_PICKED
#define GEMM_STEPS(k)                                                         \
  do {                                                                        \
    __typeof__(GEMM_LOAD_INPUTS(run[0], 0)) inputs[OUTPUT_ROWS][GEMM_ACROSS]; \
    GEMM_ALL_INPUTS(o, c) {                                                   \
      inputs[o][c] = GEMM_LOAD_INPUTS(GEMM_INPUTS(o, c, k), GEMM_NEXT(c));    \
      GEMM_PASS(o, c, GEMM_AT_ONCE);                                          \
    }                                                                         \
    GEMM_LANE_STEPS(k)                                                        \
  } while (0)
#endif

#define GEMM_FETCH                                                                             \
  do {                                                                                         \
    V_UNROLL for (int n = 0; n < PREFETCH_LINES; ++n) __builtin_prefetch(line + 64 * n, 0, 2); \
    line += 64 * PREFETCH_LINES;                                                               \
  } while (0)

V_INLINE void NAME(const GEMM_INPUT* const* rows, long x_at, long x_stride, struct window window,
                   const GEMM_WEIGHT* w, GEMM_ORDER const GEMM_START* bias,
                   const void* ahead EPILOGUE_ARGUMENTS) {
  V_HIDE(w);
  GEMM_SUM sum[OUTPUT_ROWS][GEMM_ACROSS][GEMM_DOWN];
  GEMM_ALL_SUMS(o, c, v) sum[o][c][v] = START(o, c, v);
  const char* line = ahead;
  for (long row = 0; row < window.rows; ++row)
    for (long block = 0; block < window.blocks; ++block)
      for (long tap = 0; tap < window.taps; ++tap) {
        const GEMM_INPUT* run[OUTPUT_ROWS];
        V_UNROLL for (int o = 0; o < OUTPUT_ROWS; ++o) run[o] = rows[o * STRIDE + row * DILATION] +
                                                                x_at + block * window.block_step +
                                                                tap * window.tap_step;
        const GEMM_INPUT* column[OUTPUT_ROWS][GEMM_ACROSS];
        GEMM_ALL_INPUTS(o, c) column[o][c] = run[o] + c * GEMM_PIXELS * x_stride;
        (void)column;
        const long depth =
            row * window.row_depth + block * window.block_depth + tap * window.tap_depth;
        const GEMM_WEIGHT* weight = w + depth * (VECTORS * LANES);
#ifdef GEMM_PICKED
        const unsigned char* picked = order + depth;
#endif
        const long steps = window.length / GEMM_GROUP - EXTRA_STEPS;
        long k = 0;
#if PREFETCH_EVERY && !defined(GEMM_PICKED)
        for (; k + PREFETCH_EVERY <= steps; k += PREFETCH_EVERY) {
          GEMM_FETCH;
          long j = k;
#ifdef GEMM_AT_ONCE
          _Pragma("clang loop unroll_count(DEPTH_UNROLL / 2)") for (; j + GEMM_AT_ONCE <=
                                                                      k + PREFETCH_EVERY;
                                                                    j += GEMM_AT_ONCE)
              GEMM_STEPS(j);
#endif
          _Pragma("clang loop unroll_count(DEPTH_UNROLL)") for (; j < k + PREFETCH_EVERY; ++j)
              GEMM_STEP(j);
        }
#endif
#ifdef GEMM_AT_ONCE
        _Pragma("clang loop unroll_count(DEPTH_UNROLL / 2)") for (; k + GEMM_AT_ONCE <= steps;
                                                                  k += GEMM_AT_ONCE) GEMM_STEPS(k);
#endif
        _Pragma("clang loop unroll_count(DEPTH_UNROLL)") for (; k < steps; ++k) GEMM_STEP(k);
#if EXTRA_STEPS
        for (; k < steps + EXTRA_STEPS && !(picked[k * GEMM_GROUP] & 128); ++k)
          GEMM_PICK(k, v_picked_from(picked + k * GEMM_GROUP));
#endif
      }
  (void)line;
#ifdef STORE_PIXEL
  GEMM_ALL_INPUTS(o, c) STORE_PIXEL(o, c, sum[o][c]);
#else
  GEMM_ALL_INPUTS(o, c) {
    if (V_LOADS_APART && GEMM_TIGHT && c * GEMM_PIXELS % 2 == 0) GEMM_KEEP_TWO(o, c);
    V_UNROLL for (int n = 0; n < GEMM_PIXELS; ++n) if (c * GEMM_PIXELS + n < COLUMNS)
        V_UNROLL for (int v = 0; v < VECTORS; ++v)
            STORE(o, c * GEMM_PIXELS + n, v, GEMM_RESULT(sum[o][c] + v * GEMM_PARTS, n));
  }
#endif
}

#undef GEMM_SUM
#undef GEMM_INPUT
#undef GEMM_WEIGHT
#undef GEMM_START
#undef GEMM_GROUP
#undef GEMM_LOAD_START
#undef GEMM_LOAD_WEIGHTS
#undef GEMM_SPREAD
#undef GEMM_ADD_PRODUCT
#undef GEMM_MULTIPLY
#undef GEMM_ADD
#undef GEMM_TOGETHER
#undef GEMM_TOGETHER_FROM
#undef GEMM_PIXELS
#undef GEMM_PARTS
#undef GEMM_RESULT
#undef GEMM_ACROSS
#undef GEMM_DOWN
#undef GEMM_NEXT
#undef GEMM_AT_ONCE
#undef GEMM_LOAD_INPUTS
#undef GEMM_ADD_LANE
#undef GEMM_LOADED
#undef GEMM_TIGHT
#undef GEMM_WEIGHTS_AT
#undef GEMM_PASS_WEIGHTS
#undef GEMM_WEIGHTS
#undef GEMM_LINE
#undef GEMM_INPUTS
#undef GEMM_PASS
#undef GEMM_ALL_INPUTS
#undef GEMM_ALL_SUMS
#undef GEMM_KEEP
#undef GEMM_KEEP_TWO
#undef GEMM_STEP
#undef GEMM_LANE_STEP
#undef GEMM_LANE_STEPS
#undef GEMM_STEPS
#undef GEMM_PICKED
#undef GEMM_ORDER
#undef EXTRA_STEPS
#undef FOURS
#undef GEMM_SIXTEEN
#undef GEMM_PICK
#undef GEMM_PICK_TWO
#undef GEMM_FETCH
#undef NAME
#undef OUTPUT_ROWS
#undef COLUMNS
#undef STRIDE
#undef DILATION
#undef VECTORS
#undef EPILOGUE_ARGUMENTS
#undef START
#undef STORE
#undef STORE_PIXEL
#undef DEPTH_UNROLL
#undef PREFETCH_EVERY
#undef PREFETCH_LINES
