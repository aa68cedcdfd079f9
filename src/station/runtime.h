// The C runtime's objects as owners that give back what they hold.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/include/turnstone.h"
#include "vision/package.h"

namespace turnstone {

struct RuntimeCloser {
  void operator()(ts_model* model) const { ts_close(model); }
  void operator()(ts_pool* pool) const { ts_pool_close(pool); }
  void operator()(ts_context* context) const { ts_context_close(context); }
};

// A model that can be run: package, code, threads and one context. One thread at a time.
struct Runtime {
  Package package;
  std::unique_ptr<ts_model, RuntimeCloser> model;
  std::unique_ptr<ts_pool, RuntimeCloser> pool;  // nullptr: the calling thread alone
  std::unique_ptr<ts_context, RuntimeCloser> context;

  const ts_value& input(int index) const { return *ts_input_info(model.get(), index); }
  const ts_value& output(int index) const { return *ts_output_info(model.get(), index); }
};

// Whether a model runs a copy of its code: one that is mapped from the package itself changes under
// whoever runs it when somebody overwrites the file in place.
enum class OwnCode { no, yes };

// Opens the package at `path`; `threads` 0 is as many as there are CPUs. Inputs of the code and of
// model.json are compared: count, names, types, shapes and layouts must be equal. Errors: missing,
// invalid, unsupported (no variant for this CPU), with the path.
Result<Runtime> open_runtime(const std::filesystem::path& path, int threads,
                             OwnCode own_code = OwnCode::no);

// Runs once on inputs bound before. Errors: invalid, with the runtime's words.
Result<> run(Runtime& runtime);

// The extents of an output after the last run.
std::vector<int64_t> output_shape(const Runtime& runtime, int index);

}  // namespace turnstone
