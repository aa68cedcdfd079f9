/* Says in its output that it runs, and runs until it is aborted. */
#include "double.h"

static int32_t run_until_aborted(const ts_module_host* host, const void* const* inputs_of_run,
                                 void* const* outputs_of_run, int64_t* const* extents,
                                 void* scratch) {
  (void)inputs_of_run, (void)extents, (void)scratch;
  float* out = outputs_of_run[0];
  const float running = 1;
  __atomic_store(out, &running, __ATOMIC_RELEASE);
  while (!__atomic_load_n(host->abort, __ATOMIC_RELAXED)) {
  }
  return 1;
}

static const ts_module_value inputs[] = {INPUT_X};
static const ts_module_value outputs[] = {OUTPUT_DOUBLED};
static const ts_module_variant variants[] = {{.name = "plain", .run = run_until_aborted}};
const ts_module turnstone_module = {MODULE_HEAD, .inputs = inputs, .outputs = outputs,
                                    .variants = variants};
