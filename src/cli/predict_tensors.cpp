#include "cli/predict_tensors.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>

#include "base/file_identity.h"
#include "base/files.h"
#include "base/text.h"
#include "station/runtime.h"
#include "tensor/npy.h"

namespace turnstone {
namespace {

// bf16 has no type in .npy; its bits are written as u16.
bool same_type(DType given, std::string_view wanted) {
  return print(given) == wanted || (wanted == "bf16" && given == DType::u16) ||
         (wanted == "bool" && given == DType::u8);
}

Result<> bind(Runtime& runtime, const std::string& name, const Tensor& tensor) {
  int index = -1;
  if (ts_find_input(runtime.model.get(), name.c_str(), &index) != TS_OK) {
    std::vector<std::string> names;
    for (int i = 0; i < ts_input_count(runtime.model.get()); ++i)
      names.emplace_back(runtime.input(i).name);
    return fail(Code::missing, "input '{}' is not the model's, legal are {}", printable(name),
                printable(join(names, ", ")));
  }
  const auto& value = runtime.input(index);
  const Shape shape(value.shape, value.shape + value.rank);
  if (!same_type(tensor.dtype(), ts_type_name(value.type)) || tensor.shape() != shape)
    return fail(Code::invalid, "input '{}' is {}{}, the model takes {}{}", printable(name),
                print(tensor.dtype()), print(tensor.shape()), ts_type_name(value.type),
                print(shape));
  const auto status = ts_set_input(runtime.context.get(), index, tensor.bytes(), value.type,
                                   value.shape, value.rank);
  CHECK(status == TS_OK);
  return {};
}

Tensor copy_of_output(const Runtime& runtime, int index) {
  const auto& value = runtime.output(index);
  const auto type = parse_dtype(ts_type_name(value.type)).value_or(DType::f32);
  Tensor tensor(type, output_shape(runtime, index));
  std::memcpy(tensor.mutable_bytes(), ts_output(runtime.context.get(), index),
              static_cast<size_t>(tensor.size_bytes()));
  return tensor;
}

std::string file_name_of(std::string_view name) {
  std::string made;
  for (const char c : name)
    made += std::isalnum(static_cast<unsigned char>(c)) || std::strchr("-_.:", c) ? c : '_';
  if (made.empty() || made.front() == '.') made.insert(0, "_");
  return made.substr(0, 200) + ".npy";
}

}  // namespace

Result<> predict_tensors(const std::string& package, const std::vector<std::string>& inputs,
                         const std::filesystem::path& folder, int threads) {
  auto runtime = TRY(open_runtime(package, threads));
  std::vector<Tensor> tensors;       // bound by address, so they live until the run is over
  std::set<FileIdentity> originals;  // that no output may replace
  for (const auto& input : inputs) {
    // A name may hold "=", a file seldom does.
    const auto equals = input.rfind('=');
    CHECK(equals != std::string::npos);
    const auto file = input.substr(equals + 1);
    tensors.push_back(TRY(read_npy(file)));
    TRY(bind(runtime, input.substr(0, equals), tensors.back()), file);
    if (const auto identity = find_identity(file)) originals.insert(*identity);
  }
  if (std::cmp_less(inputs.size(), ts_input_count(runtime.model.get())))
    return fail(Code::invalid, "{} of {} inputs are given", inputs.size(),
                ts_input_count(runtime.model.get()));
  TRY(run(runtime));
  TRY(make_folder(folder));
  for (int i = 0; i < ts_output_count(runtime.model.get()); ++i) {
    const auto path = folder / file_name_of(runtime.output(i).name);
    if (const auto identity = find_identity(path); identity && originals.contains(*identity))
      return fail(Code::invalid, "{}: is an input; name another folder", path.string());
    TRY(write_npy(path, copy_of_output(runtime, i)));
  }
  return {};
}

}  // namespace turnstone
