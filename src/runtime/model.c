#include "runtime/model.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cpu.h"
#include "runtime/library.h"
#include "runtime/module_check.h"

static ts_value value_of(const ts_module_value* from) {
  ts_value value = {.name = from->name,
                    .type = (ts_type)from->type,
                    .layout = (ts_layout)from->layout,
                    .rank = (int)from->rank,
                    .bounded = from->bounded,
                    .size_bytes = (size_t)from->bytes,
                    .quantised = (int)from->quantised,
                    .zero = from->zero,
                    .scale = from->scale};
  for (uint32_t axis = 0; axis < from->rank; ++axis) value.shape[axis] = from->shape[axis];
  return value;
}

static ts_value* make_values(const ts_module_value* from, uint32_t count) {
  ts_value* values = calloc(count + 1, sizeof *values);
  if (values == NULL) return NULL;
  for (uint32_t i = 0; i < count; ++i) values[i] = value_of(&from[i]);
  return values;
}

static void choose(ts_model* model, const ts_module_variant* variant) {
  const uint32_t index = (uint32_t)(variant - model->module->variants);
  model->variant = variant;
  model->memory = (ts_memory){.weights_bytes = (size_t)variant->weights_bytes,
                              .scratch_bytes = (size_t)variant->scratch_bytes,
                              .thread_bytes = (size_t)ts_module_thread_bytes(model->module, index)};
  for (uint32_t i = 0; i < model->module->output_count; ++i)
    model->memory.outputs_bytes += model->outputs[i].size_bytes;
}

static const ts_module_variant* find_variant_for_cpu(const ts_module* module) {
  for (uint32_t i = 0; i < module->variant_count; ++i)
    if (ts_cpu_runs(module->variants[i].features)) return &module->variants[i];
  return NULL;
}

static ts_status make_model(const char* path, ts_library library, ts_report report,
                            ts_model** made) {
  const ts_status status = ts_check_module(library.module, path, report);
  if (status != TS_OK) return status;
  const ts_module_variant* variant = find_variant_for_cpu(library.module);
  if (variant == NULL)
    return ts_refuse(report, TS_WRONG_CPU,
                     "%s: none of the %u variants runs on this CPU, the last is %s", path,
                     library.module->variant_count,
                     library.module->variants[library.module->variant_count - 1].name);
  ts_model* model = calloc(1, sizeof *model);
  if (model == NULL) return ts_refuse(report, TS_NO_MEMORY, "%s: no memory", path);
  *model = (ts_model){.library = library.handle, .module = library.module};
  model->inputs = make_values(library.module->inputs, library.module->input_count);
  model->outputs = make_values(library.module->outputs, library.module->output_count);
  if (model->inputs == NULL || model->outputs == NULL) {
    free(model->inputs);
    free(model->outputs);
    free(model);
    return ts_refuse(report, TS_NO_MEMORY, "%s: no memory", path);
  }
  choose(model, variant);
  *made = model;
  return TS_OK;
}

ts_status ts_open(const char* path, ts_model** model) {
  return ts_open_detail(path, NULL, 0, model);
}

ts_status ts_open_detail(const char* path, char* text, size_t text_bytes, ts_model** model) {
  const ts_report report = {text, text_bytes};
  if (path == NULL || model == NULL)
    return ts_refuse(report, TS_BAD_ARGUMENT, "ts_open: path or model is NULL");
  ts_refuse(report, TS_OK, "%s", "");
  ts_library library;
  ts_status status = ts_library_open(path, report, &library);
  if (status != TS_OK) return status;
  status = make_model(path, library, report, model);
  if (status != TS_OK) ts_library_close(library);
  return status;
}

void ts_close(ts_model* model) {
  if (model == NULL) return;
  ts_library_close((ts_library){.handle = model->library});
  free(model->inputs);
  free(model->outputs);
  free(model);
}

ts_status ts_choose_variant(ts_model* model, const char* name) {
  if (model == NULL || name == NULL) return TS_BAD_ARGUMENT;
  ts_status status = TS_MISSING;
  for (uint32_t i = 0; i < model->module->variant_count; ++i) {
    const ts_module_variant* variant = &model->module->variants[i];
    if (strcmp(variant->name, name) != 0) continue;
    if (ts_cpu_runs(variant->features)) {
      choose(model, variant);
      return TS_OK;
    }
    status = TS_WRONG_CPU;
  }
  return status;
}
