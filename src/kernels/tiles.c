/* Tiles of 16 rows of 64 bytes, as AMX has them, and the same in plain C where it is not: what a
 * kernel does to them is then tested on any machine. Paste once, after `vector`.
 *
 * A thread declares `struct v_tiles tiles;`, calls v_tiles_begin before it multiplies, with the
 * shapes, and v_tiles_end when it is done; in between `tiles` points to it. Tile numbers 0..7 are
 * literals: instructions hold them. The process must have asked the kernel for tiles (arch_prctl),
 * or the first load ends it.
 *
 *   V_TILE_ZERO(t)               all sums 0
 *   V_TILE_LOAD(t, p, stride)    rows of the tile from memory, `stride` bytes apart
 *   V_TILE_STORE(t, p, stride)   rows of the tile to memory
 *   V_TILE_MULTIPLY_BF16(d, a, b)
 *                                d[m][n] += a[m][2k] * b[k][2n] + a[m][2k + 1] * b[k][2n + 1],
 *                                bf16 to f32; the instruction takes denormal numbers for 0
 *   V_TILE_MULTIPLY_I8(d, a, b), V_TILE_MULTIPLY_U8(d, a, b)
 *                                the same for four neighbours, a with a sign or without, b with one
 *   V_TILE_MULTIPLY(x, d, a, b)  that of the three for elements as x points to */
#define V_TILE_ROWS 16
#define V_TILE_BYTES 64 /* of a row */

/* What ldtilecfg reads: palette 1, bytes of a row and rows of each tile. */
struct v_tile_shapes {
  unsigned char palette, start_row, reserved[14];
  unsigned short row_bytes[16];
  unsigned char rows[16];
};

/* For a product of 1 or 2 rows of so many columns, see gemm/amx: tiles 0 and 1 are sums of the
 * first 16 outputs, or those of the first row, 2 and 3 of the others, 4 and 5 their inputs, 6 and 7
 * weights. */
#define V_TILE_FIRST(columns) ((columns) < V_TILE_ROWS ? (columns) : V_TILE_ROWS)
#define V_TILE_OTHERS(high, columns) \
  ((high) > 1 ? (columns) : (columns) > V_TILE_ROWS ? (columns) - V_TILE_ROWS : 1)
#define V_TILE_SHAPES(high, columns)                                                              \
  {                                                                                               \
      .palette = 1,                                                                               \
      .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},                                              \
      .rows = {V_TILE_FIRST(columns), V_TILE_FIRST(columns), V_TILE_OTHERS(high, columns),        \
               V_TILE_OTHERS(high, columns), V_TILE_FIRST(columns), V_TILE_OTHERS(high, columns), \
               V_TILE_ROWS, V_TILE_ROWS},                                                         \
  }

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AMX_INT8__)
struct v_tiles {
  char none;
};
#define V_TILE_ZERO(t) __builtin_ia32_tilezero(t)
#define V_TILE_LOAD(t, p, stride) __builtin_ia32_tileloadd64(t, p, (unsigned long long)(stride))
#define V_TILE_STORE(t, p, stride) __builtin_ia32_tilestored64(t, p, (unsigned long long)(stride))
#define V_TILE_MULTIPLY_BF16(d, a, b) __builtin_ia32_tdpbf16ps(d, a, b)
#define V_TILE_MULTIPLY_I8(d, a, b) __builtin_ia32_tdpbssd(d, a, b)
#define V_TILE_MULTIPLY_U8(d, a, b) __builtin_ia32_tdpbusd(d, a, b)
V_INLINE void v_tiles_begin(struct v_tiles* tiles, const struct v_tile_shapes* shapes) {
  (void)tiles;
  __builtin_ia32_tile_loadconfig(shapes);
}
V_INLINE void v_tiles_end(void) { __builtin_ia32_tilerelease(); }
#else
struct v_tiles {
  struct v_tile_shapes shapes;
  unsigned char bytes[8][V_TILE_ROWS][V_TILE_BYTES];
};
V_INLINE void v_tiles_begin(struct v_tiles* tiles, const struct v_tile_shapes* shapes) {
  __builtin_memset(tiles, 0, sizeof *tiles);
  tiles->shapes = *shapes;
}
V_INLINE void v_tiles_end(void) {}
V_FUNCTION void v_tile_load(struct v_tiles* tiles, int t, const void* p, long stride) {
  __builtin_memset(tiles->bytes[t], 0, sizeof tiles->bytes[t]);
  for (int row = 0; row < tiles->shapes.rows[t]; ++row)
    __builtin_memcpy(tiles->bytes[t][row], (const char*)p + row * stride,
                     tiles->shapes.row_bytes[t]);
}
V_FUNCTION void v_tile_store(const struct v_tiles* tiles, int t, void* p, long stride) {
  for (int row = 0; row < tiles->shapes.rows[t]; ++row)
    __builtin_memcpy((char*)p + row * stride, tiles->bytes[t][row], tiles->shapes.row_bytes[t]);
}
/* Four bytes of a tile. */
union v_tile_part {
  bf16 pair[2];
  signed char i8[4];
  unsigned char u8[4];
  float real;
  int integer;
};
V_FUNCTION union v_tile_part v_tile_part(const struct v_tiles* tiles, int t, int row, int column) {
  union v_tile_part part;
  __builtin_memcpy(&part, tiles->bytes[t][row] + 4 * column, sizeof part);
  return part;
}
enum { v_tile_bf16, v_tile_i8, v_tile_u8 };
V_FUNCTION void v_tile_multiply(struct v_tiles* tiles, int d, int a, int b, int type) {
  for (int row = 0; row < tiles->shapes.rows[d]; ++row)
    for (int k = 0; k < tiles->shapes.row_bytes[a] / 4; ++k)
      for (int column = 0; column < tiles->shapes.row_bytes[d] / 4; ++column) {
        const union v_tile_part x = v_tile_part(tiles, a, row, k);
        const union v_tile_part w = v_tile_part(tiles, b, k, column);
        union v_tile_part sum = v_tile_part(tiles, d, row, column);
        for (int i = 0; i < 2 && type == v_tile_bf16; ++i)
          sum.real += f32_of_bf16(x.pair[i]) * f32_of_bf16(w.pair[i]);
        for (int i = 0; i < 4 && type != v_tile_bf16; ++i)
          sum.integer += (type == v_tile_i8 ? x.i8[i] : x.u8[i]) * w.i8[i];
        __builtin_memcpy(tiles->bytes[d][row] + 4 * column, &sum, sizeof sum);
      }
}
#define V_TILE_ZERO(t) __builtin_memset(tiles->bytes[t], 0, sizeof tiles->bytes[t])
#define V_TILE_LOAD(t, p, stride) v_tile_load(tiles, t, p, stride)
#define V_TILE_STORE(t, p, stride) v_tile_store(tiles, t, p, stride)
#define V_TILE_MULTIPLY_BF16(d, a, b) v_tile_multiply(tiles, d, a, b, v_tile_bf16)
#define V_TILE_MULTIPLY_I8(d, a, b) v_tile_multiply(tiles, d, a, b, v_tile_i8)
#define V_TILE_MULTIPLY_U8(d, a, b) v_tile_multiply(tiles, d, a, b, v_tile_u8)
#endif
#define V_TILE_MULTIPLY(x, d, a, b)             \
  _Generic(*(x),                                \
      bf16: V_TILE_MULTIPLY_BF16(d, a, b),      \
      signed char: V_TILE_MULTIPLY_I8(d, a, b), \
      unsigned char: V_TILE_MULTIPLY_U8(d, a, b))
