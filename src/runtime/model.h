/* A model that was opened, as the files of the runtime see it. */
#ifndef TURNSTONE_MODEL_H
#define TURNSTONE_MODEL_H

#include "runtime/module.h"
#include "turnstone.h"

struct ts_model {
  void* library; /* of the dynamic linker */
  const ts_module* module;
  ts_value* inputs;
  ts_value* outputs;
  const ts_module_variant* variant; /* that new contexts run */
  ts_memory memory;                 /* of `variant` */
};

#endif
