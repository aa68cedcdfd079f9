/* v_erf(x): the error function. Error below 2 ulp; -1 and 1 at the infinities, erf(-0) = -0, a NaN
 * stays. Paste once, after math/exp. */
V_INLINE vf v_erf(vf x) {
  const vf a = vf_min(vf_set(4.0f), vf_abs(x)), z = a * a;
  vf p = z * 7.875875063e-05f - 8.016864287e-04f;
  p = p * z + 5.189087423e-03f;
  p = p * z - 2.685421201e-02f;
  p = p * z + 1.128359472e-01f;
  p = p * z - 3.761262667e-01f;
  const vf small = p * z * a + a * 1.283791671e-01f + a; /* 2 / sqrt(pi) is 1 + 0.128... */
  /* 1 - exp(-q), where q is a polynomial close to -log(erfc(a)). */
  vf q = a * -1.642678968e-06f + 4.616478516e-05f;
  q = q * a - 5.976772749e-04f;
  q = q * a + 4.763509663e-03f;
  q = q * a - 2.643164328e-02f;
  q = q * a + 1.100972425e-01f;
  q = q * a + 6.318095501e-01f;
  q = q * a + 1.130241877e+00f;
  q = q * a - 3.218662575e-04f;
  const vf large = 1.0f - v_exp(-q);
  return vf_signed(v_select(a < vf_set(1.0f), small, vf_abs(large)), x);
}
