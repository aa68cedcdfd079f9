/* v_pow(x, y): x to the y, computed in double precision. Error below 1 ulp; every special case as
 * in C's pow: pow(x, 0) = pow(1, y) = 1 even for NaN, a negative x has a result for whole y only.
 * Paste once, after math/round. */
/* In place: vectors wider than a register may not be arguments. */
V_INLINE void v_log2_double(vd* inout) {
  const vd x = *inout;
  const vl e = ((vl)x - 0x3fe6a09e667f3bcdLL) >> 52; /* the mantissa in [sqrt(1/2), sqrt(2)) */
  const vd m = (vd)((vl)x - (e << 52));
  const vd s = (m - 1.0) / (m + 1.0), z = s * s;
  vd p = z * 2.82885023407482339e-01 + 3.19906803807013362e-01;
  p = p * z + 4.12209224061104329e-01;
  p = p * z + 5.77077942660304433e-01;
  p = p * z + 9.61796694112264872e-01;
  p = p * z + 2.88539008177785083e+00;
  *inout = p * s + __builtin_convertvector(e, vd);
}

/* For |x| below 1000. */
V_INLINE void v_exp2_double(vd* inout) {
  const vd x = *inout;
  const double shift = 6755399441055744.0; /* 1.5 * 2^52 */
  const vd shifted = x + shift, r = x - (shifted - shift);
  vd p = r * 1.53037007113653932e-05 + 1.54697292141182962e-04;
  p = p * r + 1.33334784736854157e-03;
  p = p * r + 9.61802561331803404e-03;
  p = p * r + 5.55041090632586651e-02;
  p = p * r + 2.40226512134980918e-01;
  p = p * r + 6.93147180556832443e-01;
  p = p * r + 9.99999999959561792e-01;
  *inout = p * (vd)(((vl)shifted + 1023) << 52);
}

V_FUNCTION vf v_pow(vf x, vf y) {
  const vf one = vf_set(1.0f), zero = vf_set(0.0f), infinity = vf_set(V_INFINITY);
  const vf a = vf_abs(x), b = vf_abs(y);
  const vi whole = v_trunc(y) == y, odd = whole & (v_trunc(y * 0.5f) != y * 0.5f);
  vd t = __builtin_convertvector(a, vd);
  v_log2_double(&t);
  t *= __builtin_convertvector(y, vd);
  const vl low = t < -300.0, high = t > 300.0;
  t = (vd)((~(low | high) & (vl)t) | (low & (vl)((vd){} - 300.0)) | (high & (vl)((vd){} + 300.0)));
  v_exp2_double(&t);
  vf result = __builtin_convertvector(t, vf);
  /* |x| of 0 and infinity, and an infinite y. */
  const vi grows = (y > zero) == (a > one);
  const vi edge = (a == zero) | (a == infinity) | (b == infinity);
  result = v_select(edge, v_select(grows, infinity, zero), result);
  result = v_select((a == one) & (b == infinity), one, result);
  result = v_select((x < zero) & ~whole & (a != infinity), vf_set(V_NAN), result);
  result = (vf)((vi)result ^ ((vi)x & odd & (int)0x80000000));
  result = v_select((x != x) | (y != y), vf_set(V_NAN), result);
  return v_select((y == zero) | (x == one), one, result);
}
