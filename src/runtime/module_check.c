#include "runtime/module_check.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "runtime/cpu.h"

enum { most_values = 256, most_variants = 256, most_groups = 1 << 20 };

/* What a text about a value starts with. */
typedef struct {
  const char* path;
  const char* kind; /* "input" or "output" */
  uint32_t least;   /* of them */
  ts_report report;
} ts_where;

static bool is_text(const char* text) { return text != NULL && *text != '\0'; }

/* Multiplies `*product` unless the result needs more than half of the address space. */
static bool multiply(uint64_t* product, uint64_t factor) {
  const uint64_t most = SIZE_MAX / 2;
  if (factor != 0 && *product > most / factor) return false;
  *product *= factor;
  return true;
}

static bool is_size_right(const ts_module_value* value) {
  uint64_t bytes = ts_type_size((ts_type)value->type);
  for (uint32_t axis = 0; axis < value->rank; ++axis)
    if (!multiply(&bytes, (uint64_t)value->shape[axis])) return false;
  return bytes == value->bytes;
}

static ts_status check_shape(const ts_module_value* value, uint32_t index, ts_where where) {
  if (value->rank > TS_MAX_RANK)
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: rank %u is outside 0..%d",
                     where.path, where.kind, index, value->rank, TS_MAX_RANK);
  if (value->rank > 0 && value->shape == NULL)
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: shape is missing", where.path,
                     where.kind, index);
  for (uint32_t axis = 0; axis < value->rank; ++axis)
    if (value->shape[axis] < 1)
      return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: extent %lld is less than 1",
                       where.path, where.kind, index, (long long)value->shape[axis]);
  if (value->bounded >> value->rank != 0)
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: bound of an axis beyond rank %u",
                     where.path, where.kind, index, value->rank);
  return TS_OK;
}

static ts_status check_value(const ts_module_value* value, uint32_t index, ts_where where) {
  if (!is_text(value->name))
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: name is missing", where.path,
                     where.kind, index);
  if (ts_type_size((ts_type)value->type) == 0)
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: type %u is outside 1..13",
                     where.path, where.kind, index, value->type);
  const ts_status status = check_shape(value, index, where);
  if (status != TS_OK) return status;
  if (!is_size_right(value))
    return ts_refuse(where.report, TS_BAD_PACKAGE,
                     "%s: %s %u: size of %llu bytes is not its shape's", where.path, where.kind,
                     index, (unsigned long long)value->bytes);
  if (value->layout > TS_LAYOUT_NHWC || (value->layout != TS_LAYOUT_NONE && value->rank != 4))
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: layout %u does not fit rank %u",
                     where.path, where.kind, index, value->layout, value->rank);
  if (value->quantised > 1 || (value->quantised == 1 && !(value->scale > 0)))
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u: scale %g is not above 0", where.path,
                     where.kind, index, value->scale);
  return TS_OK;
}

static ts_status check_values(const ts_module_value* values, uint32_t count, ts_where where) {
  if (count < where.least || count > most_values)
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %u %ss are outside %u..%d", where.path,
                     count, where.kind, where.least, most_values);
  if (count > 0 && values == NULL)
    return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %u %ss are described nowhere", where.path,
                     count, where.kind);
  for (uint32_t i = 0; i < count; ++i) {
    const ts_status status = check_value(&values[i], i, where);
    if (status != TS_OK) return status;
    for (uint32_t k = 0; k < i; ++k)
      if (strcmp(values[i].name, values[k].name) == 0)
        return ts_refuse(where.report, TS_BAD_PACKAGE, "%s: %s %u and %u have one name", where.path,
                         where.kind, k, i);
  }
  return TS_OK;
}

static ts_status check_variant(const ts_module_variant* variant, uint32_t index, const char* path,
                               ts_report report) {
  if (!is_text(variant->name) || variant->run == NULL)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: variant %u: name or code is missing", path,
                     index);
  if (variant->scratch_bytes > SIZE_MAX / 2 || variant->weights_bytes > SIZE_MAX / 2)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: variant %u: needs more memory than there can be",
                     path, index);
  if (variant->weights_bytes > 0 && variant->weights == NULL)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: variant %u: weights are missing", path, index);
  if (variant->group_count > most_groups)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: variant %u: %u groups are outside 0..%d", path,
                     index, variant->group_count, most_groups);
  if (variant->group_count > 0 && variant->groups == NULL)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: variant %u: groups are missing", path, index);
  for (uint32_t i = 0; i < variant->group_count; ++i)
    if (variant->groups[i].name == NULL)
      return ts_refuse(report, TS_BAD_PACKAGE, "%s: variant %u: group %u has no name", path, index,
                       i);
  return TS_OK;
}

uint64_t ts_module_thread_bytes(const ts_module* module, uint32_t variant) {
  return module->abi >= 2 && module->thread_bytes != NULL ? module->thread_bytes[variant] : 0;
}

uint32_t ts_module_group_products(const ts_module* module, uint32_t variant, uint32_t group) {
  if (module->abi < 3 || module->group_products == NULL) return TS_MODULE_PRODUCTS_F32;
  const uint8_t* products = module->group_products[variant];
  if (products == NULL || products[group] > TS_MODULE_PRODUCTS_BF16) return TS_MODULE_PRODUCTS_F32;
  return products[group];
}

/* What the threads need must be sane for as many threads as there may be. */
static ts_status check_thread_bytes(const ts_module* module, uint32_t index, const char* path,
                                    ts_report report) {
  const uint64_t bytes = ts_module_thread_bytes(module, index);
  const bool is_aligned = (bytes | module->variants[index].scratch_bytes) % 64 == 0;
  if (bytes > SIZE_MAX / 2048)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: variant %u: needs more memory than there can be",
                     path, index);
  if (bytes > 0 && !is_aligned)
    return ts_refuse(report, TS_BAD_PACKAGE,
                     "%s: variant %u: scratch memory is not a multiple of 64 bytes", path, index);
  return TS_OK;
}

static ts_status check_variants(const ts_module* module, const char* path, ts_report report) {
  if (module->variant_count < 1 || module->variant_count > most_variants)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: %u variants are outside 1..%d", path,
                     module->variant_count, most_variants);
  if (module->variants == NULL)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: variants are missing", path);
  for (uint32_t i = 0; i < module->variant_count; ++i) {
    ts_status status = check_variant(&module->variants[i], i, path, report);
    if (status == TS_OK) status = check_thread_bytes(module, i, path, report);
    if (status != TS_OK) return status;
  }
  return TS_OK;
}

static ts_status check_head(const ts_module* module, const char* path, ts_report report) {
  if (module->abi < 1 || module->abi > TS_MODULE_ABI)
    return ts_refuse(
        report, TS_BAD_PACKAGE, "%s: package has ABI %u, this runtime reads 1..%d: %s", path,
        module->abi, TS_MODULE_ABI,
        module->abi > TS_MODULE_ABI ? "a newer runtime is needed" : "the package is damaged");
  const size_t least = module->abi < 2   ? offsetof(ts_module, thread_bytes)
                       : module->abi < 3 ? offsetof(ts_module, group_products)
                                         : sizeof *module;
  if (module->size < least)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: description has %u bytes, legal are %zu or more",
                     path, module->size, least);
  if (module->arch != ts_cpu_arch())
    return ts_refuse(report, TS_WRONG_CPU, "%s: package is for %s, this machine is %s", path,
                     ts_cpu_arch_name(module->arch), ts_cpu_arch_name(ts_cpu_arch()));
  return TS_OK;
}

ts_status ts_check_module(const ts_module* module, const char* path, ts_report report) {
  ts_status status = check_head(module, path, report);
  if (status != TS_OK) return status;
  const ts_where inputs = {path, "input", 0, report}, outputs = {path, "output", 1, report};
  status = check_values(module->inputs, module->input_count, inputs);
  if (status != TS_OK) return status;
  status = check_values(module->outputs, module->output_count, outputs);
  if (status != TS_OK) return status;
  return check_variants(module, path, report);
}
