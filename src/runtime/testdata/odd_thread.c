/* Memory of its threads would begin between cache lines. */
#include "double.h"

static const ts_module_value inputs[] = {INPUT_X};
static const ts_module_value outputs[] = {OUTPUT_DOUBLED};
static const ts_module_variant variants[] = {
    {.name = "plain", .scratch_bytes = 64, .run = run_double}};
static const uint64_t thread_bytes[] = {100};
const ts_module turnstone_module = {MODULE_HEAD, .inputs = inputs, .outputs = outputs,
                                    .variants = variants, .thread_bytes = thread_bytes};
