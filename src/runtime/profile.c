#include <stdlib.h>
#include <time.h>

#include "runtime/context.h"
#include "runtime/model.h"
#include "runtime/module_check.h"

static uint64_t now_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A group that is done in strips reports each of them. */
static void count_group(void* observer, uint32_t index) {
  ts_context* context = observer;
  const uint64_t now = now_nanoseconds();
  if (index < context->variant->group_count)
    context->groups[index].nanoseconds += now - context->last_nanoseconds;
  context->last_nanoseconds = now;
}

void ts_profile_begin(ts_context* context) {
  for (uint32_t i = 0; i < context->variant->group_count; ++i) context->groups[i].nanoseconds = 0;
  context->last_nanoseconds = now_nanoseconds();
}

static ts_group* make_groups(const ts_module* module, const ts_module_variant* variant) {
  const uint32_t index = (uint32_t)(variant - module->variants);
  ts_group* groups = calloc(variant->group_count + 1, sizeof *groups);
  if (groups == NULL) return NULL;
  for (uint32_t i = 0; i < variant->group_count; ++i) {
    const ts_module_group* from = &variant->groups[i];
    groups[i] = (ts_group){.name = from->name,
                           .flops = from->flops,
                           .bytes = from->bytes,
                           .products = (ts_products)ts_module_group_products(module, index, i)};
  }
  return groups;
}

ts_status ts_profile(ts_context* context, const ts_group** groups, int* count) {
  if (context == NULL || groups == NULL || count == NULL) return TS_BAD_ARGUMENT;
  if (context->groups == NULL)
    context->groups = make_groups(context->model->module, context->variant);
  if (context->groups == NULL) return TS_NO_MEMORY;
  context->host.group_done = count_group;
  context->host.observer = context;
  *groups = context->groups;
  *count = (int)context->variant->group_count;
  return TS_OK;
}
