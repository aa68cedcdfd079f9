/* v_erf(x): the error function, as a quotient of polynomials in x * x. Error below 7 ulp; -1 and 1
 * at the infinities, erf(-0) = -0, a NaN stays. Paste once, after math/exp. */
V_INLINE vf v_erf(vf x) {
  const vf a = vf_clamp(x, -3.92f, 3.92f), z = a * a;
  vf p = z * 2.050062908e-06f + 2.848829800e-04f;
  p = p * z + 3.765672817e-03f;
  p = p * z + 5.274889186e-02f;
  p = p * z + 1.904079019e-01f;
  p = p * z + 1.128379146e+00f;
  vf q = z * 3.809147641e-05f + 1.162547200e-03f;
  q = q * z + 1.496932915e-02f;
  q = q * z + 1.141096858e-01f;
  q = q * z + 5.020773503e-01f;
  q = q * z + 1.0f;
  return vf_clamp(a * v_over(p, q), -1.0f, 1.0f);
}
