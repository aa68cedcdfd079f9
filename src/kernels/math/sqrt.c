/* v_sqrt(x), rounded correctly, and v_rsqrt(x) = 1 / sqrt(x) below 1.5 ulp. NaN for x < 0, sqrt(-0)
 * = -0, rsqrt(0) = inf, rsqrt(-0) = -inf, rsqrt(inf) = 0. Paste once. */
V_INLINE vf v_sqrt(vf x) { return __builtin_elementwise_sqrt(x); }
V_INLINE vf v_rsqrt(vf x) { return 1.0f / __builtin_elementwise_sqrt(x); }
