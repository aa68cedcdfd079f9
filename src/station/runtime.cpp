#include "station/runtime.h"

#include "base/text.h"
#include "tensor/tensor.h"

namespace turnstone {
namespace {

Code code_of(ts_status status) {
  switch (status) {
    case TS_MISSING:
      return Code::missing;
    case TS_WRONG_CPU:
      return Code::unsupported;
    case TS_NO_MEMORY:
      return Code::unavailable;
    default:
      return Code::invalid;
  }
}

Layout layout_of(ts_layout layout) {
  switch (layout) {
    case TS_NCHW:
      return Layout::nchw;
    case TS_NHWC:
      return Layout::nhwc;
    default:
      return Layout::none;
  }
}

std::string_view word_of(Layout layout) {
  static constexpr std::string_view names[] = {"none", "NCHW", "NHWC"};
  return names[static_cast<int>(layout)];
}

std::vector<int64_t> shape_of(const ts_value& value) {
  return {value.shape, value.shape + value.rank};
}

Result<> check_input(const ts_value& code, const ModelInput& said) {
  const auto where = fmt::format("input '{}'", printable(code.name));
  if (said.name != code.name)
    return fail(Code::invalid, "{}: model.json calls it '{}'", where, printable(said.name));
  if (print(said.dtype) != ts_type_name(code.type))
    return fail(Code::invalid, "{}: is {} but model.json says {}", where, ts_type_name(code.type),
                print(said.dtype));
  if (said.shape != shape_of(code))
    return fail(Code::invalid, "{}: has shape {} but model.json says {}", where,
                print(shape_of(code)), print(said.shape));
  const auto layout = layout_of(code.layout);
  if (layout != Layout::none && said.layout != Layout::none && layout != said.layout)
    return fail(Code::invalid, "{}: has layout {} but model.json says {}", where, word_of(layout),
                word_of(said.layout));
  return {};
}

Result<> check_inputs(const ts_model* code, const Model& said) {
  const auto count = static_cast<size_t>(ts_input_count(code));
  if (said.inputs.size() != count)
    return fail(Code::invalid, "the code has {} inputs but model.json has {}", count,
                said.inputs.size());
  for (size_t i = 0; i < count; ++i)
    TRY(check_input(*ts_input_info(code, static_cast<int>(i)), said.inputs[i]));
  return {};
}

Result<Runtime> open_at(Package package, int threads) {
  Runtime made;
  made.package = std::move(package);
  char text[512];
  ts_model* model = nullptr;
  if (const auto status = ts_open_detail(made.package.path.c_str(), text, sizeof text, &model);
      status != TS_OK)
    return fail(code_of(status), "{}", printable(text, sizeof text));
  made.model.reset(model);
  if (made.package.model) TRY(check_inputs(model, *made.package.model));
  if (threads != 1) {
    ts_pool* pool = nullptr;
    if (const auto status = ts_pool_open(threads, &pool); status != TS_OK)
      return fail(code_of(status), "{} threads: {}", threads, ts_status_text(status));
    made.pool.reset(pool);
  }
  ts_context* context = nullptr;
  if (const auto status = ts_context_open(model, made.pool.get(), &context); status != TS_OK)
    return fail(code_of(status), "{}", ts_status_text(status));
  made.context.reset(context);
  return made;
}

// What was unpacked of an archive is a copy already.
Result<> copy_code(Package& package) {
  if (package.folder) return {};
  namespace fs = std::filesystem;
  auto folder = std::make_shared<TemporaryFolder>(TRY(TemporaryFolder::make("turnstone-package")));
  std::error_code error;
  const auto code = fs::is_directory(package.path) ? package.path / "compiled.so" : package.path;
  const auto copy = folder->path() / "compiled.so";
  if (!fs::copy_file(code, copy, error))
    return fail(Code::unavailable, "cannot be copied to {}: {}", copy.string(), error.message());
  package.path = copy;
  package.folder = std::move(folder);
  return {};
}

}  // namespace

Result<Runtime> open_runtime(const std::filesystem::path& path, int threads, OwnCode own_code) {
  auto package = TRY(open_package(path));
  if (own_code == OwnCode::yes) TRY(copy_code(package), path.string());
  const auto folder = package.folder;
  auto runtime = open_at(std::move(package), threads);
  if (!runtime) return std::unexpected(in_package(std::move(runtime).error(), folder.get(), path));
  // What is mapped needs its name no more, and nothing is left behind by a process that is killed.
  runtime->package.folder.reset();
  return runtime;
}

Result<> run(Runtime& runtime) {
  const auto status = ts_run(runtime.context.get());
  if (status != TS_OK) return fail(code_of(status), "run: {}", ts_status_text(status));
  return {};
}

std::vector<int64_t> output_shape(const Runtime& runtime, int index) {
  const auto& value = runtime.output(index);
  std::vector<int64_t> shape;
  for (int axis = 0; axis < value.rank; ++axis)
    shape.push_back(ts_output_extent(runtime.context.get(), index, axis));
  return shape;
}

}  // namespace turnstone
