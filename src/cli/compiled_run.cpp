#include "cli/compiled_run.h"

#include "cli/loaded_code.h"
#include "codegen/compile.h"

namespace turnstone {
namespace {

// A context goes before its model.
struct Loaded {
  ModelHandle model;
  ContextHandle context;
};

}  // namespace

Result<int8::Run> make_compiled_run(const Graph& graph) {
  const auto target = TRY(find_target("native"));
  const auto compiled = TRY(compile(graph, {.targets = {target}}));
  const auto code = std::make_shared<Loaded>();
  code->model = TRY(load_code(compiled.object));
  code->context = TRY(open_context(*code->model, target.name));
  return [code](std::span<const Tensor> inputs) -> Result<std::vector<Tensor>> {
    TRY(bind_inputs(*code->model, *code->context, {inputs.begin(), inputs.end()}));
    return run_once(*code->model, *code->context);
  };
}

}  // namespace turnstone
