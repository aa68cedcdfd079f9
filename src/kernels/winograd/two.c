/* As winograd/four, two outputs at a time from four inputs: F(2, 3).
 *   u = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2) */
V_INLINE void v_winograd2_input(const vf* d, vf* t) {
  t[0] = d[0] - d[2];
  t[1] = d[1] + d[2];
  t[2] = d[2] - d[1];
  t[3] = d[1] - d[3];
}

V_INLINE void v_winograd2_output(const vf* m, vf* y) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}
