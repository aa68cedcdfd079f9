// Compiled code that the compiler's own commands load and run.
#pragma once

#include <turnstone.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace turnstone {

struct CodeCloser {
  void operator()(ts_model* model) const { ts_close(model); }
  void operator()(ts_context* context) const { ts_context_close(context); }
};
using ModelHandle = std::unique_ptr<ts_model, CodeCloser>;
using ContextHandle = std::unique_ptr<ts_context, CodeCloser>;

// Opens an object file. Errors: unsupported where this CPU runs none of its variants, else invalid.
Result<ModelHandle> open_code(const std::filesystem::path& object);

// The same of an object that is nowhere in a file yet. Errors: those of open_code and of files.
Result<ModelHandle> load_code(std::string_view object);

// A context of one thread on a variant; contexts opened before stay on theirs. Errors: unsupported
// where this CPU cannot run it; unavailable.
Result<ContextHandle> open_context(ts_model& model, const std::string& variant);

// Binds all inputs; the tensors stay the caller's and must outlive the runs. Errors: invalid.
Result<> bind_inputs(ts_model& model, ts_context& context, const std::vector<Tensor>& inputs);

// Runs once, and copies all outputs. Errors: unavailable.
Result<std::vector<Tensor>> run_once(ts_model& model, ts_context& context);

}  // namespace turnstone
