/* Three groups over scratch memory and weights, a quantised input, a scalar input, and an output
 * whose first extent depends on the data: the positive elements of `x`, times `factor`. The abort
 * flag is looked at between the groups. */
#include "double.h"

enum { length = 1000 };

static const int64_t input_shape[] = {length}, output_shape[] = {length, 2};
static const double weight = 0.5;

static const ts_module_value inputs[] = {
    {.name = "x",
     .type = TS_TYPE_I8,
     .rank = 1,
     .shape = input_shape,
     .bytes = length,
     .quantised = 1,
     .zero = 3,
     .scale = 0.5},
    {.name = "factor", .type = TS_TYPE_F32, .rank = 0, .bytes = 4},
};
static const ts_module_value outputs[] = {
    {.name = "positive",
     .type = TS_TYPE_F64,
     .rank = 2,
     .bounded = 1,
     .shape = output_shape,
     .bytes = length * 2 * 8},
};
static const ts_module_group groups[] = {
    {"scale 1000", 2000, 5000}, {"multiply 1000", 1000, 8000}, {"compact 1000", 0, 16000}};

static const uint8_t products[] = {TS_MODULE_PRODUCTS_BYTES, TS_MODULE_PRODUCTS_F32, 77};
static const uint8_t* const group_products[] = {products};

typedef struct {
  const int8_t* x;
  double* scratch;
} scaling;

static void scale_one(void* argument, int64_t i) {
  const scaling* all = argument;
  all->scratch[i] = weight * (all->x[i] - 3);
}

static int is_done(const ts_module_host* host, uint32_t group) {
  if (host->group_done) host->group_done(host->observer, group);
  return host->abort && __atomic_load_n(host->abort, __ATOMIC_RELAXED);
}

static int64_t compact(const double* from, double* out) {
  int64_t count = 0;
  for (int i = 0; i < length; ++i) {
    if (from[i] <= 0) continue;
    out[2 * count] = from[i];
    out[2 * count + 1] = i;
    ++count;
  }
  return count;
}

static int32_t run(const ts_module_host* host, const void* const* inputs_of_run,
                   void* const* outputs_of_run, int64_t* const* extents, void* scratch) {
  scaling all = {inputs_of_run[0], scratch};
  if (host->parallel_for)
    host->parallel_for(host->pool, scale_one, &all, length);
  else
    for (int64_t i = 0; i < length; ++i) scale_one(&all, i);
  if (is_done(host, 0)) return 1;
  for (int i = 0; i < length; ++i) all.scratch[i] *= *(const float*)inputs_of_run[1];
  if (is_done(host, 1)) return 1;
  extents[0][0] = compact(all.scratch, outputs_of_run[0]);
  if (host->group_done) host->group_done(host->observer, 2);
  return 0;
}

static const ts_module_variant variants[] = {{.name = "plain",
                                              .scratch_bytes = length * sizeof(double),
                                              .weights = &weight,
                                              .weights_bytes = sizeof weight,
                                              .group_count = 3,
                                              .groups = groups,
                                              .run = run}};

const ts_module turnstone_module = {.abi = TS_MODULE_ABI,
                                    .size = sizeof(ts_module),
                                    .arch = TEST_ARCH,
                                    .input_count = 2,
                                    .output_count = 1,
                                    .variant_count = 1,
                                    .inputs = inputs,
                                    .outputs = outputs,
                                    .variants = variants,
                                    .group_products = group_products};
