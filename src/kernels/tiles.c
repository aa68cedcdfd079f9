/* Tiles of 16 rows of 64 bytes, as AMX has them, and the same in plain C where it is not: what a
 * kernel does to them is then tested on any machine. Paste once, after `vector`.
 *
 * A kernel declares `struct v_tiles tiles;`, and every thread calls v_tiles_begin before it
 * multiplies, with its shape, and v_tiles_end when it is done. Tile numbers 0..7 are literals:
 * instructions hold them. The process must have asked the kernel for tiles (arch_prctl), or the
 * first load ends it.
 *
 *   V_TILE_ZERO(t)               all sums 0
 *   V_TILE_LOAD(t, p, stride)    rows of the tile from memory, `stride` bytes apart
 *   V_TILE_STORE(t, p, stride)   rows of the tile to memory
 *   V_TILE_MULTIPLY(d, a, b)     d[m][n] += a[m][2k] * b[k][2n] + a[m][2k + 1] * b[k][2n + 1],
 *                                bf16 to f32; the instruction takes denormal numbers for 0 */
#define V_TILE_ROWS 16

/* What ldtilecfg reads: palette 1, bytes of a row and rows of each tile. */
struct v_tile_shapes {
  unsigned char palette, start_row, reserved[14];
  unsigned short row_bytes[16];
  unsigned char rows[16];
};

#if defined(__AMX_TILE__) && defined(__AMX_BF16__)
struct v_tiles {
  char none;
};
#define V_TILE_ZERO(t) __builtin_ia32_tilezero(t)
#define V_TILE_LOAD(t, p, stride) __builtin_ia32_tileloadd64(t, p, (unsigned long long)(stride))
#define V_TILE_STORE(t, p, stride) __builtin_ia32_tilestored64(t, p, (unsigned long long)(stride))
#define V_TILE_MULTIPLY(d, a, b) __builtin_ia32_tdpbf16ps(d, a, b)
V_INLINE void v_tiles_begin(struct v_tiles* tiles, const struct v_tile_shapes* shapes) {
  (void)tiles;
  __builtin_ia32_tile_loadconfig(shapes);
}
V_INLINE void v_tiles_end(void) { __builtin_ia32_tilerelease(); }
#else
struct v_tiles {
  struct v_tile_shapes shapes;
  unsigned char bytes[8][V_TILE_ROWS][64];
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
V_FUNCTION void v_tile_multiply(struct v_tiles* tiles, int d, int a, int b) {
  for (int row = 0; row < tiles->shapes.rows[d]; ++row)
    for (int pair = 0; pair < tiles->shapes.row_bytes[a] / 4; ++pair)
      for (int column = 0; column < tiles->shapes.row_bytes[d] / 4; ++column) {
        bf16 x[2], w[2];
        float sum;
        __builtin_memcpy(x, tiles->bytes[a][row] + 4 * pair, sizeof x);
        __builtin_memcpy(w, tiles->bytes[b][pair] + 4 * column, sizeof w);
        __builtin_memcpy(&sum, tiles->bytes[d][row] + 4 * column, sizeof sum);
        sum += f32_of_bf16(x[0]) * f32_of_bf16(w[0]);
        sum += f32_of_bf16(x[1]) * f32_of_bf16(w[1]);
        __builtin_memcpy(tiles->bytes[d][row] + 4 * column, &sum, sizeof sum);
      }
}
#define V_TILE_ZERO(t) __builtin_memset(tiles.bytes[t], 0, sizeof tiles.bytes[t])
#define V_TILE_LOAD(t, p, stride) v_tile_load(&tiles, t, p, stride)
#define V_TILE_STORE(t, p, stride) v_tile_store(&tiles, t, p, stride)
#define V_TILE_MULTIPLY(d, a, b) v_tile_multiply(&tiles, d, a, b)
#endif
