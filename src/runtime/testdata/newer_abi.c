/* Of an ABI that this runtime does not know. */
#include "double.h"

static const ts_module_value inputs[] = {INPUT_X};
static const ts_module_value outputs[] = {OUTPUT_DOUBLED};
static const ts_module_variant variants[] = {VARIANT_PLAIN};
const ts_module turnstone_module = {MODULE_OF(TS_MODULE_ABI + 1, sizeof(ts_module)),
                                    .inputs = inputs, .outputs = outputs, .variants = variants};
