/* v_sigmoid(x): 1 / (1 + exp(-x)). Error below 6 ulp above -20, below 21 ulp under it, and below
 * 2^-125 where the result is that small; 1 at infinity, a NaN stays. Paste once, after math/exp. */
V_INLINE vf v_sigmoid(vf x) {
  const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
  /* z = exp(-|x|) neither overflows nor, cut off where it ends to be normal, underflows. */
  const vf a = vf_max(vf_set(-87.3f), (vf)((vi)x | (int)0x80000000));
  const vf shifted = a * 1.44269504f + shift;
  const vf f = vf_fma(a, vf_set(1.44269504f), shift - shifted);
  /* 2^f in few steps that wait for each other: what comes behind waits for them too. */
  const vf square = f * f;
  const vf high = (f * 1.326459111e-03f + 9.671619162e-03f) * square +
                  (f * 5.550735071e-02f + 2.402224094e-01f);
  const vf z =
      (high * square + (f * 6.931470037e-01f + 1.0f)) * (vf)(((vi)shifted << 23) + 0x3f800000);
  return v_over(v_select((vi)x < 0, z, vf_set(1.0f)), z + 1.0f);
}
