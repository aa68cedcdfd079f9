/* v_sigmoid(x): 1 / (1 + exp(-x)). Error below 4 ulp, or below 2^-125 where the result is that
 * small; 1 at infinity, a NaN stays. Paste once, after math/exp. */
V_INLINE vf v_sigmoid(vf x) {
  const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
  /* z = exp(-|x|) neither overflows nor, cut off where it ends to be normal, underflows. */
  const vf a = vf_max(vf_set(-87.3f), (vf)((vi)x | (int)0x80000000));
  const vf shifted = a * 1.44269504f + shift;
  const vf n = shifted - shift;
  const vf r = (a - n * 0.693359375f) + n * 2.12194440e-4f;
  vf p = r * 8.312501013e-03f + 4.189033061e-02f;
  p = p * r + 1.666711569e-01f;
  p = p * r + 4.999923110e-01f;
  p = (r * r) * p + r;
  const vf power = (vf)(((vi)shifted << 23) + 0x3f800000);
  const vf z = p * power + power;
  return v_over(v_select((vi)x < 0, z, vf_set(1.0f)), z + 1.0f);
}
