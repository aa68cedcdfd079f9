/* TFLite's operators on stored numbers, beyond requantisation. Paste once, after requantize and
 * rescale. */

/* A number that stands for multiplier * 2^(shift - 31). */
struct v_factor {
  int multiplier, shift;
};

/* v * factor, rounded twice. */
V_INLINE vi v_scaled(vi v, struct v_factor factor) {
  return v_requantize(v, vi_set(factor.multiplier), vi_set(factor.shift));
}

/* The sum of a and b on a common scale, brought to the steps of the result and limited. */
V_INLINE vi v_quantized_sum(vi a, struct v_factor a_factor, vi b, struct v_factor b_factor,
                            struct v_factor factor, int zero, int low, int high) {
  const vi sum = v_scaled(a, a_factor) + v_scaled(b, b_factor);
  return vi_clamp(v_scaled(sum, factor), low - zero, high - zero) + zero;
}
