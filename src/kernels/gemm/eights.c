/* What gemm/mmla and gemm/mull share: bytes, eight neighbours of a channel's weights at a time.
 * They define how inputs and weights are loaded and multiplied. */
#ifndef INPUT
#define INPUT signed char
#endif
#define GEMM_SUM vi
#define GEMM_INPUT INPUT
#define GEMM_WEIGHT signed char
#define GEMM_START int
#define GEMM_GROUP 8
#define GEMM_AT_ONCE 2
#include "gemm/tile.c"
#undef INPUT
