/* A model for tests, as a compiler would make it: how bright a picture is. Input
 * f32[BATCH,3,8,8] of 0..1, output f32[BATCH,2]: the scores of dark and bright. */
#include <stddef.h>

#include "station/testdata/arch.h"

#ifndef BATCH
#define BATCH 1
#endif

enum { picture = 3 * 8 * 8 };

static const int64_t input_shape[] = {BATCH, 3, 8, 8};
static const int64_t output_shape[] = {BATCH, 2};

static int32_t run(const ts_module_host* host, const void* const* inputs, void* const* outputs,
                   int64_t* const* extents, void* scratch) {
  (void)extents, (void)scratch;
  const float* in = inputs[0];
  float* out = outputs[0];
  for (int i = 0; i < BATCH; ++i) {
    float sum = 0;
    for (int k = 0; k < picture; ++k) sum += in[i * picture + k];
    out[2 * i + 1] = sum / picture;
    out[2 * i] = 1 - out[2 * i + 1];
  }
  if (host->group_done) host->group_done(host->observer, 0);
  return 0;
}

static const ts_module_value inputs[] = {{.name = "picture",
                                          .type = TS_TYPE_F32,
                                          .layout = TS_LAYOUT_NCHW,
                                          .rank = 4,
                                          .shape = input_shape,
                                          .bytes = BATCH * picture * 4}};
static const ts_module_value outputs[] = {
    {.name = "scores", .type = TS_TYPE_F32, .rank = 2, .shape = output_shape, .bytes = BATCH * 8}};
static const ts_module_group groups[] = {
    {.name = "mean", .flops = BATCH * picture, .bytes = BATCH * picture * 4}};
static const ts_module_variant variants[] = {
    {.name = "plain", .run = run, .group_count = 1, .groups = groups}};
const ts_module turnstone_module = {.abi = TS_MODULE_ABI,
                                    .size = sizeof(ts_module),
                                    .arch = ARCH,
                                    .input_count = 1,
                                    .output_count = 1,
                                    .variant_count = 1,
                                    .inputs = inputs,
                                    .outputs = outputs,
                                    .variants = variants};
