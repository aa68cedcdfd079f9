/* Each part of the work writes all of its thread's own scratch memory, then doubles through it. */
#include <string.h>

#include "double.h"

enum { own_bytes = 1 << 20, shared_bytes = 64 };

static const ts_module_value inputs[] = {INPUT_X};
static const ts_module_value outputs[] = {OUTPUT_DOUBLED};

typedef struct {
  task rows;
  float* own;
} part;

static void double_row_in_own(void* argument, int64_t row) {
  const part* all = argument;
  float* own = all->own + row * (own_bytes / (int64_t)sizeof(float));
  memset(own, (int)row + 1, own_bytes);
  for (int64_t i = 0; i < row_length; ++i) own[i] = 2 * all->rows.in[row * row_length + i];
  for (int64_t i = 0; i < row_length; ++i) all->rows.out[row * row_length + i] = own[i];
}

static int32_t run(const ts_module_host* host, const void* const* inputs_of_run,
                   void* const* outputs_of_run, int64_t* const* extents, void* scratch) {
  (void)extents;
  part all = {{inputs_of_run[0], outputs_of_run[0]},
              (float*)scratch + shared_bytes / sizeof(float)};
  for (int64_t row = 0; row < row_count; row += host->threads) {
    const int64_t rows = row + host->threads < row_count ? host->threads : row_count - row;
    part some = all;
    some.rows.in += row * row_length;
    some.rows.out += row * row_length;
    if (host->parallel_for)
      host->parallel_for(host->pool, double_row_in_own, &some, rows);
    else
      for (int64_t i = 0; i < rows; ++i) double_row_in_own(&some, i);
  }
  return 0;
}

static const ts_module_variant variants[] = {
    {.name = "plain", .scratch_bytes = shared_bytes, .run = run}};
static const uint64_t thread_bytes[] = {own_bytes};
const ts_module turnstone_module = {MODULE_HEAD, .inputs = inputs, .outputs = outputs,
                                    .variants = variants, .thread_bytes = thread_bytes};
