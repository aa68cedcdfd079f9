#include "runtime/context.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/model.h"
#include "runtime/pool.h"

enum { cache_line = 64 };

static void* allocate(size_t bytes) {
  const size_t whole_lines = (bytes + cache_line - 1) / cache_line * cache_line;
  return aligned_alloc(cache_line, whole_lines == 0 ? cache_line : whole_lines);
}

// Large scratch memory is pages of its own: when a model goes, they go back to the machine, which a
// heap might keep.
static bool is_mapped(size_t bytes) { return bytes >= 1U << 20; }

static void* allocate_scratch(size_t bytes) {
  if (!is_mapped(bytes)) return allocate(bytes);
  void* pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? NULL : pages;
}

static void free_scratch(void* scratch, size_t bytes) {
  if (scratch != NULL && is_mapped(bytes))
    munmap(scratch, bytes);
  else
    free(scratch);
}

static void run_loop(void* pool, void (*body)(void* argument, int64_t i), void* argument,
                     int64_t count) {
  ts_pool_for(pool, body, argument, count);
}

static ts_module_host make_host(ts_context* context, ts_pool* pool) {
  const int threads = ts_pool_threads(pool);
  return (ts_module_host){.size = sizeof(ts_module_host),
                          .threads = (uint32_t)threads,
                          .pool = pool,
                          .parallel_for = threads > 1 ? run_loop : NULL,
                          .abort = (const volatile int32_t*)&context->abort};
}

static bool allocate_tables(ts_context* context) {
  const size_t inputs = (size_t)ts_input_count(context->model) + 1;
  const size_t outputs = (size_t)ts_output_count(context->model);
  context->inputs = (const void**)calloc(inputs, sizeof *context->inputs);
  context->outputs = (void**)calloc(outputs, sizeof *context->outputs);
  context->own_outputs = (void**)calloc(outputs, sizeof *context->own_outputs);
  context->extents = calloc(outputs, sizeof *context->extents);
  context->extent_rows = (int64_t**)calloc(outputs, sizeof *context->extent_rows);
  return context->inputs && context->outputs && context->own_outputs && context->extents &&
         context->extent_rows;
}

static bool allocate_buffers(ts_context* context) {
  const ts_memory* memory = &context->model->memory;
  context->scratch_bytes = memory->scratch_bytes + context->host.threads * memory->thread_bytes;
  context->scratch = allocate_scratch(context->scratch_bytes);
  if (context->scratch == NULL) return false;
  for (int i = 0; i < ts_output_count(context->model); ++i) {
    const size_t bytes = context->model->outputs[i].size_bytes;
    context->own_outputs[i] = context->outputs[i] = allocate(bytes);
    if (context->outputs[i] == NULL) return false;
    memset(context->outputs[i], 0, bytes);
    context->extent_rows[i] = context->extents[i];
  }
  return true;
}

static void reset_extents(ts_context* context) {
  for (int i = 0; i < ts_output_count(context->model); ++i)
    memcpy(context->extents[i], context->model->outputs[i].shape, sizeof(ts_extents));
}

ts_status ts_context_open(ts_model* model, ts_pool* pool, ts_context** context) {
  if (model == NULL || context == NULL) return TS_BAD_ARGUMENT;
  ts_context* made = calloc(1, sizeof *made);
  if (made == NULL) return TS_NO_MEMORY;
  made->model = model;
  made->variant = model->variant;
  made->host = make_host(made, pool);
  if (!allocate_tables(made) || !allocate_buffers(made)) {
    ts_context_close(made);
    return TS_NO_MEMORY;
  }
  reset_extents(made);
  *context = made;
  return TS_OK;
}

void ts_context_close(ts_context* context) {
  if (context == NULL) return;
  if (context->own_outputs != NULL)
    for (int i = 0; i < ts_output_count(context->model); ++i) free(context->own_outputs[i]);
  free((void*)context->inputs);
  free((void*)context->outputs);
  free((void*)context->own_outputs);
  free(context->extents);
  free((void*)context->extent_rows);
  free_scratch(context->scratch, context->scratch_bytes);
  free(context->groups);
  free(context);
}

static bool is_aligned(const void* data, ts_type type) {
  return (uintptr_t)data % ts_type_size(type) == 0;
}

static bool is_shape_of(const ts_value* value, const int64_t* shape, int rank) {
  if (rank != value->rank || (rank > 0 && shape == NULL)) return false;
  for (int axis = 0; axis < rank; ++axis)
    if (shape[axis] != value->shape[axis]) return false;
  return true;
}

ts_status ts_set_input(ts_context* context, int index, const void* data, ts_type type,
                       const int64_t* shape, int rank) {
  if (context == NULL || data == NULL) return TS_BAD_ARGUMENT;
  const ts_value* value = ts_input_info(context->model, index);
  if (value == NULL) return TS_MISSING;
  if (type != value->type || !is_shape_of(value, shape, rank) || !is_aligned(data, type))
    return TS_BAD_ARGUMENT;
  context->inputs[index] = data;
  return TS_OK;
}

ts_status ts_bind_output(ts_context* context, int index, void* data, size_t size_bytes) {
  if (context == NULL) return TS_BAD_ARGUMENT;
  const ts_value* value = ts_output_info(context->model, index);
  if (value == NULL) return TS_MISSING;
  if (data != NULL && (size_bytes != value->size_bytes || !is_aligned(data, value->type)))
    return TS_BAD_ARGUMENT;
  context->outputs[index] = data != NULL ? data : context->own_outputs[index];
  return TS_OK;
}

void* ts_output(const ts_context* context, int index) {
  if (context == NULL || ts_output_info(context->model, index) == NULL) return NULL;
  return context->outputs[index];
}

int64_t ts_output_extent(const ts_context* context, int index, int axis) {
  if (context == NULL) return -1;
  const ts_value* value = ts_output_info(context->model, index);
  if (value == NULL || axis < 0 || axis >= value->rank) return -1;
  const int64_t extent = context->extents[index][axis], bound = value->shape[axis];
  if (!(value->bounded >> axis & 1)) return bound;
  return extent < 0 ? 0 : extent > bound ? bound : extent;
}

void ts_set_abort(ts_context* context, int aborted) {
  if (context != NULL) atomic_store(&context->abort, aborted != 0);
}

ts_status ts_run(ts_context* context) {
  if (context == NULL) return TS_BAD_ARGUMENT;
  for (int i = 0; i < ts_input_count(context->model); ++i)
    if (context->inputs[i] == NULL) return TS_BAD_ARGUMENT;
  if (atomic_load(&context->abort)) return TS_ABORTED;
  reset_extents(context);
  if (context->groups != NULL) ts_profile_begin(context);
  const int32_t result = context->variant->run(&context->host, context->inputs, context->outputs,
                                               context->extent_rows, context->scratch);
  return result == 0 ? TS_OK : TS_ABORTED;
}
