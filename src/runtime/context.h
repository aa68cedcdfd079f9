/* What one caller needs to run a model, as the files of the runtime see it. */
#ifndef TURNSTONE_CONTEXT_H
#define TURNSTONE_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "runtime/module.h"
#include "turnstone.h"

/* Extents of one value. */
typedef int64_t ts_extents[TS_MAX_RANK];

struct ts_context {
  const ts_model* model;
  const ts_module_variant* variant;
  ts_module_host host;
  const void** inputs;   /* bound by the caller; NULL before */
  void** outputs;        /* where each is written */
  void** own_outputs;    /* the buffers that belong to the context */
  ts_extents* extents;   /* of each output after the last run */
  int64_t** extent_rows; /* the same, as the module wants it */
  void* scratch;
  size_t scratch_bytes;
  _Atomic int32_t abort;
  ts_group* groups;          /* NULL: not measured */
  uint64_t last_nanoseconds; /* on the clock, when the last group was done */
};

/* Readies the clock of a measured context for a run. */
void ts_profile_begin(ts_context* context);

#endif
