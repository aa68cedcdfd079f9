#include "cli/loaded_code.h"

#include <cstring>

#include "base/files.h"

namespace turnstone {

Result<ModelHandle> open_code(const std::filesystem::path& object) {
  ts_model* model = nullptr;
  char text[512] = "";
  if (const auto status = ts_open_detail(object.c_str(), text, sizeof text, &model);
      status != TS_OK)
    return fail(status == TS_WRONG_CPU ? Code::unsupported : Code::invalid, "{}", text);
  return ModelHandle(model);
}

Result<ModelHandle> load_code(std::string_view object) {
  const auto work = TRY(TemporaryFolder::make("turnstone-code"));
  const auto path = work.path() / "compiled.so";
  TRY(write_file(path, object));
  return open_code(path);  // what is mapped stays when the file goes
}

Result<ContextHandle> open_context(ts_model& model, const std::string& variant) {
  if (ts_choose_variant(&model, variant.c_str()) != TS_OK)
    return fail(Code::unsupported, "this CPU cannot run '{}'", variant);
  ts_context* context = nullptr;
  if (const auto status = ts_context_open(&model, nullptr, &context); status != TS_OK)
    return fail(Code::unavailable, "{}", ts_status_text(status));
  return ContextHandle(context);
}

Result<> bind_inputs(ts_model& model, ts_context& context, const std::vector<Tensor>& inputs) {
  CHECK(static_cast<int>(inputs.size()) == ts_input_count(&model));
  for (int i = 0; i < ts_input_count(&model); ++i) {
    const auto& tensor = inputs[static_cast<size_t>(i)];
    const auto& info = *ts_input_info(&model, i);
    const auto status = ts_set_input(&context, i, tensor.bytes(), info.type, tensor.shape().data(),
                                     static_cast<int>(tensor.shape().size()));
    if (status != TS_OK) return fail(Code::invalid, "input {}: {}", i, ts_status_text(status));
  }
  return {};
}

Result<std::vector<Tensor>> run_once(ts_model& model, ts_context& context) {
  if (const auto status = ts_run(&context); status != TS_OK)
    return fail(Code::unavailable, "{}", ts_status_text(status));
  std::vector<Tensor> outputs;
  for (int i = 0; i < ts_output_count(&model); ++i) {
    const auto& info = *ts_output_info(&model, i);
    const auto type = parse_dtype(ts_type_name(info.type));
    CHECK(type);
    Tensor tensor(*type, Shape(info.shape, info.shape + info.rank));
    std::memcpy(tensor.mutable_bytes(), ts_output(&context, i),
                static_cast<size_t>(tensor.size_bytes()));
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

}  // namespace turnstone
