/* Transforms of 3-tap correlation, four outputs at a time from six inputs, F(4, 3) of Lavin and
 * Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, section 4.3 (points 0, 1,
 * -1, 2, -2, infinity). Paste once, after vector.c.
 *
 * Six products t[i] * u[i], t = v_winograd4_input(d), u = the transformed taps, become four outputs
 * y = v_winograd4_output(m). The taps g are transformed when the model is compiled:
 *   u = (g0 / 4, -(g0 + g1 + g2) / 6, -(g0 - g1 + g2) / 6, g0 / 24 + g1 / 12 + g2 / 6,
 *        g0 / 24 - g1 / 12 + g2 / 6, g2) */
V_INLINE void v_winograd4_input(const vf* d, vf* t) {
  const vf a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1];
  const vf c = d[4] - d[2], e = d[3] - d[1];
  t[0] = 4.0f * d[0] + (d[4] - 5.0f * d[2]);
  t[1] = a + b;
  t[2] = a - b;
  t[3] = c + 2.0f * e;
  t[4] = c - 2.0f * e;
  t[5] = 4.0f * d[1] + (d[5] - 5.0f * d[3]);
}

V_INLINE void v_winograd4_output(const vf* m, vf* y) {
  const vf a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  y[0] = m[0] + a + c;
  y[1] = b + 2.0f * d;
  y[2] = a + 4.0f * c;
  y[3] = b + 8.0f * d + m[5];
}
