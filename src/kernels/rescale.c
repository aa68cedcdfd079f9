/* Between real numbers and integers that stand for them. Paste once, after vector.c and
 * math/round. */

/* Nearest whole numbers; v must fit in an int. */
V_INLINE vi vi_nearest(vf v) {
#if LANES == 16
  enum { as_set = 4 }; /* the rounding of the control register: to nearest, halves to even */
  return (vi)__builtin_ia32_cvtps2dq512_mask(v, (vi){}, 0xffff, as_set);
#elif LANES == 8 && defined(__AVX__)
  return (vi)__builtin_ia32_cvtps2dq256(v);
#elif LANES == 4 && defined(__SSE2__)
  return (vi)__builtin_ia32_cvtps2dq(v);
#elif LANES == 4 && defined(__aarch64__)
  enum { s32 = 34 };
  return (vi)__builtin_neon_vcvtnq_s32_v((v_bytes16)v, s32);
#else
  return vi_of_vf(v_round(v));
#endif
}

/* steps such that, rounded, + zero, they lie in [low, high]. A NaN becomes the least. */
V_INLINE vf v_limited_steps(vf steps, int zero, int low, int high) {
  const vf least = vf_set((float)(low - zero)), most = vf_set((float)(high - zero));
  return vf_min(vf_max(steps, least), most);
}

/* steps, rounded, + zero, limited to [low, high]. A NaN becomes low. */
V_INLINE vi v_steps(vf steps, int zero, int low, int high) {
  return vi_nearest(v_limited_steps(steps, zero, low, high)) + zero;
}

/* The same with halves away from zero. */
V_INLINE vi v_steps_away(vf steps, int zero, int low, int high) {
  const vf kept = v_limited_steps(steps, zero, low, high);
  const vi whole = vi_of_vf(kept);
  const vf rest = kept - vf_of_vi(whole);
  return whole - (rest >= 0.5f) + (rest <= -0.5f) + zero;
}

/* v / scale, with inverse = 1 / scale: one step of correction leads to the nearest real, but for a
 * few v (Markstein, Computation of elementary functions on the IBM RISC System/6000, 1990). */
V_INLINE vf v_over_scale(vf v, float scale, float inverse) {
#if V_JOINS
  const vf near = v * inverse;
  return vf_fma(vf_fma(-near, vf_set(scale), v), vf_set(inverse), near);
#else
  (void)inverse;
  return v / scale;
#endif
}

/* v_rescale, less zero, as f32. */
V_INLINE vf v_rescaled_steps(vi sum, vf factor, int zero, int low, int high) {
  return v_round(v_limited_steps(vf_of_vi(sum) * factor, zero, low, high));
}

/* v_steps of sum * factor. */
V_INLINE vi v_rescale(vi sum, vf factor, int zero, int low, int high) {
  return v_steps(vf_of_vi(sum) * factor, zero, low, high);
}

/* a * b, rounded before anything is added: a compiler may not join it with a sum. */
V_INLINE vf v_product(vf a, vf b) {
  vf product = a * b;
#if defined(__x86_64__)
  __asm__("" : "+v"(product));
#elif defined(__aarch64__)
  __asm__("" : "+w"(product));
#endif
  return product;
}

/* The real numbers that integers stand for. */
V_INLINE vf v_reals(vi x, int zero, float scale) {
  return v_product(vf_of_vi(x - zero), vf_set(scale));
}

/* The same with a zero and a scale for each lane, and for x of 32 bits by way of doubles. */
V_INLINE vf v_reals_each(vi x, vi zero, vf scale) { return v_product(vf_of_vi(x - zero), scale); }
V_INLINE vf v_reals_wide(vi x, vi zero, vf scale) {
  const vd steps = __builtin_convertvector(x, vd) - __builtin_convertvector(zero, vd);
  return __builtin_convertvector(__builtin_convertvector(scale, vd) * steps, vf);
}
