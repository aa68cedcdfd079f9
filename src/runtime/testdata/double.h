/* The parts of a good module: one output "doubled" that is twice the one input "x", both
 * f32[4,2,3,2]. The bad modules change one thing each. */
#ifndef TURNSTONE_TESTDATA_DOUBLE_H
#define TURNSTONE_TESTDATA_DOUBLE_H

#include <stddef.h>

#include "runtime/module.h"

#if defined(__x86_64__)
#define TEST_ARCH TS_ARCH_X86_64
#elif defined(__aarch64__)
#define TEST_ARCH TS_ARCH_AARCH64
#elif defined(__arm__)
#define TEST_ARCH TS_ARCH_ARMV7
#else
#define TEST_ARCH TS_ARCH_RISCV64
#endif

enum { row_count = 4, row_length = 12 };

static const int64_t shape[] = {4, 2, 3, 2};

typedef struct {
  const float* in;
  float* out;
} task;

static inline void double_row(void* argument, int64_t row) {
  const task* rows = argument;
  for (int64_t i = row * row_length; i < (row + 1) * row_length; ++i)
    rows->out[i] = 2 * rows->in[i];
}

static inline int32_t run_double(const ts_module_host* host, const void* const* inputs,
                                 void* const* outputs, int64_t* const* extents, void* scratch) {
  (void)extents, (void)scratch;
  if (host->abort && __atomic_load_n(host->abort, __ATOMIC_RELAXED)) return 1;
  task rows = {inputs[0], outputs[0]};
  if (host->parallel_for)
    host->parallel_for(host->pool, double_row, &rows, row_count);
  else
    for (int64_t row = 0; row < row_count; ++row) double_row(&rows, row);
  if (host->group_done) host->group_done(host->observer, 0);
  return 0;
}

#define INPUT_X              \
  {.name = "x",              \
   .type = TS_TYPE_F32,      \
   .layout = TS_LAYOUT_NCHW, \
   .rank = 4,                \
   .shape = shape,           \
   .bytes = 192}
#define OUTPUT_DOUBLED \
  {.name = "doubled", .type = TS_TYPE_F32, .rank = 4, .shape = shape, .bytes = 192}
#define VARIANT_PLAIN {.name = "plain", .run = run_double}
#define MODULE_OF(module_abi, module_size)                                         \
  .abi = (module_abi), .size = (module_size), .arch = TEST_ARCH, .input_count = 1, \
  .output_count = 1, .variant_count = 1
#define MODULE_HEAD MODULE_OF(TS_MODULE_ABI, sizeof(ts_module))

#endif
