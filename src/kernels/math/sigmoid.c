/* v_sigmoid(x): 1 / (1 + exp(-x)). Error below 3 ulp, denormal results included; 0 and 1 at the
 * infinities, a NaN stays. Paste once, after math/exp. */
V_INLINE vf v_sigmoid(vf x) {
  const vf z = v_exp((vf)((vi)x | (int)0x80000000)); /* exp(-|x|) never overflows */
  return v_over(v_select(x < vf_set(0.0f), z, vf_set(1.0f)), z + 1.0f);
}
