/* The part that gemm/vnni and gemm/bytes share: four neighbouring inputs of 8 bits at a time,
 * without a sign or moved up by 128. They define GEMM_ADD_PRODUCT(sum, input, weights), a
 * statement. */
#ifndef X_SIGNED
#define X_SIGNED 0
#endif
#define GEMM_SUM vi
#define GEMM_INPUT unsigned char
#define GEMM_WEIGHT signed char
#define GEMM_START int
#define GEMM_GROUP 4
#define GEMM_LOAD_START(p) vi_load(p)
#define GEMM_LOAD_WEIGHTS(p) vi_load((const int*)(const void*)(p))
#define GEMM_SPREAD(p, next) v_quads_of(p, X_SIGNED)
#include "gemm/tile.c"
#undef X_SIGNED
