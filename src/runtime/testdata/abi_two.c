/* As compilers made them before groups told what their products are of. */
#include "double.h"

static const ts_module_value inputs[] = {INPUT_X};
static const ts_module_value outputs[] = {OUTPUT_DOUBLED};
static const ts_module_group groups[] = {{"double", 48, 384}};
static const ts_module_variant variants[] = {
    {.name = "plain", .scratch_bytes = 64, .group_count = 1, .groups = groups, .run = run_double}};
static const uint64_t thread_bytes[] = {64};
const ts_module turnstone_module = {MODULE_OF(2, offsetof(ts_module, group_products)),
                                    .inputs = inputs,
                                    .outputs = outputs,
                                    .variants = variants,
                                    .thread_bytes = thread_bytes,
                                    .group_products = (const uint8_t* const*)8};
