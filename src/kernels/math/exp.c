/* v_exp(x): e to the x. Error below 1.5 ulp, denormal results included; 0 below -104, infinite
 * above 88.72; exp(-inf) = 0, exp(inf) = inf, a NaN stays. Paste once. */
V_INLINE vf v_exp(vf x) {
  const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
  x = vf_clamp(x, -104.5f, 89.0f);
  const vf shifted = x * 1.44269504f + shift;
  const vf n = shifted - shift;
  const vf r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  vf p = r * 1.392692661e-03f + 8.363773874e-03f;
  p = p * r + 4.166655011e-02f;
  p = p * r + 1.666657338e-01f;
  p = p * r + 0.5f;
  p = (r * r) * p + r;
#if LANES == 16
  return (vf)__builtin_ia32_scalefps512_mask(p + 1.0f, n, (vf){}, (unsigned short)-1, 4);
#else
  /* In two steps, so that neither factor leaves the range of a float. */
  const vi power = (vi)shifted - 0x4b400000;
  const vi half = power >> 1;
  const vf first = (vf)((half + 127) << 23), second = (vf)((power - half + 127) << 23);
  return (p * first + first) * second;
#endif
}

/* v_over(a, b): a / b below 1 ulp for b in [1, 1000] and a that is not denormal, or 0. */
V_INLINE vf v_over(vf a, vf b) {
#if LANES == 16
  /* Division occupies its unit for as long as eight of these. */
  const vf r = (vf)__builtin_ia32_rcp14ps512_mask(b, (vf){}, (unsigned short)-1);
  const vf q = a * r;
  return q + r * (a - b * q);
#else
  return a / b;
#endif
}
