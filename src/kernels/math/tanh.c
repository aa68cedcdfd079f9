/* v_tanh(x). Error below 2 ulp; -1 and 1 at the infinities, tanh(-0) = -0, a NaN stays. Paste once,
 * after math/exp. */
V_INLINE vf v_tanh(vf x) {
  const vf a = vf_abs(x), z = a * a;
  vf p = z * -6.045165097e-03f + 2.096132911e-02f;
  p = p * z - 5.384326318e-02f;
  p = p * z + 1.333271885e-01f;
  p = p * z - 3.333332843e-01f;
  const vf small = p * z * a + a;
  const vf e = v_exp(a * -2.0f);
  const vf large = 1.0f - v_over(e + e, e + 1.0f);
  return vf_signed(v_select(a < vf_set(0.63f), small, large), x);
}
