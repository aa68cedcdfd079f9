/* Its description is shorter than that of its ABI. */
#include "double.h"

static const ts_module_value inputs[] = {INPUT_X};
static const ts_module_value outputs[] = {OUTPUT_DOUBLED};
static const ts_module_variant variants[] = {VARIANT_PLAIN};
const ts_module turnstone_module = {MODULE_OF(TS_MODULE_ABI, sizeof(ts_module) - 1),
                                    .inputs = inputs, .outputs = outputs, .variants = variants};
