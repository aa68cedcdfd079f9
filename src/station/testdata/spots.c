/* A model for tests, as a compiler would make it: which quarters of a picture are not dark. Input
 * f32[1,3,8,8] of 0..1; outputs as of TFLite's detection: boxes f32[1,4,4], labels f32[1,4] (0 dim,
 * 1 bright), scores f32[1,4], which are the means of the quarters. */
#include <stddef.h>

#include "station/testdata/arch.h"

enum { side = 8, half = side / 2 };

static const int64_t input_shape[] = {1, 3, side, side};
static const int64_t box_shape[] = {1, 4, 4};
static const int64_t list_shape[] = {1, 4};

static float mean_of(const float* in, int top, int left) {
  float sum = 0;
  for (int channel = 0; channel < 3; ++channel)
    for (int y = top; y < top + half; ++y)
      for (int x = left; x < left + half; ++x) sum += in[(channel * side + y) * side + x];
  return sum / (3 * half * half);
}

static int32_t run(const ts_module_host* host, const void* const* inputs, void* const* outputs,
                   int64_t* const* extents, void* scratch) {
  (void)extents, (void)scratch;
  float *boxes = outputs[0], *labels = outputs[1], *scores = outputs[2];
  for (int i = 0; i < 4; ++i) {
    const int row = i / 2, column = i % 2;
    boxes[4 * i] = 0.5F * row;
    boxes[4 * i + 1] = 0.5F * column;
    boxes[4 * i + 2] = 0.5F * row + 0.5F;
    boxes[4 * i + 3] = 0.5F * column + 0.5F;
    scores[i] = mean_of(inputs[0], row * half, column * half);
    labels[i] = scores[i] > 0.5F;
  }
  if (host->group_done) host->group_done(host->observer, 0);
  return 0;
}

static const ts_module_value inputs[] = {{.name = "picture",
                                          .type = TS_TYPE_F32,
                                          .layout = TS_LAYOUT_NCHW,
                                          .rank = 4,
                                          .shape = input_shape,
                                          .bytes = 3 * side * side * 4}};
static const ts_module_value outputs[] = {
    {.name = "boxes", .type = TS_TYPE_F32, .rank = 3, .shape = box_shape, .bytes = 64},
    {.name = "labels", .type = TS_TYPE_F32, .rank = 2, .shape = list_shape, .bytes = 16},
    {.name = "scores", .type = TS_TYPE_F32, .rank = 2, .shape = list_shape, .bytes = 16}};
static const ts_module_group groups[] = {
    {.name = "means", .flops = 3 * side * side, .bytes = 3 * side * side * 4}};
static const ts_module_variant variants[] = {
    {.name = "plain", .run = run, .group_count = 1, .groups = groups}};
const ts_module turnstone_module = {.abi = TS_MODULE_ABI,
                                    .size = sizeof(ts_module),
                                    .arch = ARCH,
                                    .input_count = 1,
                                    .output_count = 3,
                                    .variant_count = 1,
                                    .inputs = inputs,
                                    .outputs = outputs,
                                    .variants = variants};
