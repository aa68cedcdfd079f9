/* As compilers made them before threads had scratch memory of their own. */
#include "double.h"

static const ts_module_value inputs[] = {INPUT_X};
static const ts_module_value outputs[] = {OUTPUT_DOUBLED};
static const ts_module_variant variants[] = {VARIANT_PLAIN};
const ts_module turnstone_module = {MODULE_OF(1, offsetof(ts_module, thread_bytes)),
                                    .inputs = inputs, .outputs = outputs, .variants = variants,
                                    .thread_bytes = (const uint64_t*)8};
