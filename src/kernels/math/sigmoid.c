/* v_one_and_exp_minus(x): 1 + exp(-x), for x between -87.3 and 87.3 and as at the nearer end beyond
 * them. In few steps, of which few wait for each other: what comes behind waits for them too. */
V_INLINE vf v_one_and_exp_minus(vf x) {
  /* 1.5 * 2^23: adding it rounds to an integer in the low bits; 127 more make it an exponent. */
  const float shift = 12583039.0f;
  const vf a = vf_min(vf_set(87.3f), vf_max(vf_set(-87.3f), x));
  const vf shifted = a * -1.44269504f + shift;
  const vf f = vf_fma(a, vf_set(-1.44269504f), shift - shifted);
  const vf square = f * f;
  const vf high = (f * 1.326459111e-03f + 9.671619162e-03f) * square +
                  (f * 5.550735071e-02f + 2.402224094e-01f);
  const vf fraction = high * square + (f * 6.931470037e-01f + 1.0f);
  return fraction * (vf)((vi)shifted << 23) + 1.0f;
}

/* v_sigmoid(x): 1 / (1 + exp(-x)). Error below 9 ulp above -20, below 23 ulp under it, and below
 * 2^-125 where the result is that small; 1 at infinity, a NaN stays. Paste once, after math/exp. */
V_INLINE vf v_sigmoid(vf x) { return v_over(vf_set(1.0f), v_one_and_exp_minus(x)); }

/* v_silu(x): x / (1 + exp(-x)). Errors as of v_sigmoid, which are of x where they are not of the
 * result; infinities and a NaN stay. */
V_INLINE vf v_silu(vf x) {
#if LANES == 16
  return x * v_sigmoid(x);
#else
  return x / v_one_and_exp_minus(x);
#endif
}
