#include "exchange/tflite/import.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "exchange/problems.h"
#include "exchange/tflite/as_float.h"
#include "exchange/tflite/detection.h"
#include "exchange/tflite/families.h"
#include "ops/ops.h"

namespace turnstone {
namespace tflite {
namespace {

constexpr int64_t most_bytes_per_byte = 4;  // of constants, for each byte of the file
constexpr int64_t spare_bytes = 1 << 20;

std::string describe(const File& file, size_t i) {
  const auto& op = file.operators[i];
  auto place = fmt::format("operator {} ({})", i, name_of(op));
  if (op.out.empty()) return place;
  const auto& result = file.tensors[static_cast<size_t>(op.out[0])];
  return fmt::format("{} '{}'", place, printable(result.name, 80));
}

// The operators that outputs depend on, in order. Errors: invalid when one reads what none before
// it makes, or two make one tensor.
Result<std::vector<size_t>> live_operators(const File& file) {
  std::vector<char> made(file.tensors.size(), 0);
  for (size_t i = 0; i < made.size(); ++i)
    made[i] = file.tensors[i].is_constant() || file.tensors[i].is_empty();
  for (const auto& op : file.operators)
    for (const auto result : op.out)
      made[static_cast<size_t>(result)] = file.tensors[static_cast<size_t>(result)].is_constant();
  for (const auto input : file.inputs) made[static_cast<size_t>(input)] = 1;
  for (size_t i = 0; i < file.operators.size(); ++i) {
    const auto& op = file.operators[i];
    for (const auto operand : op.in)
      if (operand >= 0 && !made[static_cast<size_t>(operand)] &&
          !file.tensors[static_cast<size_t>(operand)].is_variable)
        return fail(Code::invalid, "{}: tensor {} '{}' is read before it is computed",
                    describe(file, i), operand,
                    printable(file.tensors[static_cast<size_t>(operand)].name, 80));
    for (const auto result : op.out)
      if (std::exchange(made[static_cast<size_t>(result)], 1))
        return fail(Code::invalid, "{}: tensor {} is computed twice, or is a constant or an input",
                    describe(file, i), result);
  }
  std::vector<char> needed(file.tensors.size(), 0);
  for (const auto output : file.outputs) needed[static_cast<size_t>(output)] = 1;
  std::vector<size_t> live;
  for (size_t i = file.operators.size(); i-- > 0;) {
    const auto& op = file.operators[i];
    if (std::ranges::none_of(op.out, [&](int32_t t) { return needed[static_cast<size_t>(t)]; }))
      continue;
    live.push_back(i);
    for (const auto operand : op.in)
      if (operand >= 0) needed[static_cast<size_t>(operand)] = 1;
  }
  std::ranges::reverse(live);
  return live;
}

// Errors: unsupported, with every operator that no row covers.
Result<> check_operators(const File& file, const std::vector<size_t>& live) {
  std::vector<Lack> lacks;
  for (const auto i : live)
    if (!find_row(file.operators[i].code))
      lacks.push_back({name_of(file.operators[i]), fmt::format("operator {}", i)});
  return check_lacks(lacks);
}

// The shape of an input: what the file fixes, and bindings for what it leaves open.
Result<Shape> bound_shape(const TensorInfo& info, const ImportOptions& options) {
  const auto given = options.shapes.find(info.name);
  Shape shape = info.shape;
  const bool bound = given != options.shapes.end();
  if (bound && given->second.size() != shape.size())
    return fail(Code::invalid, "shape {} has {} extents, the model has {}", print(given->second),
                given->second.size(), shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool open = i < info.signature.size() && info.signature[i] < 0;
    if (!bound) {
      if (open && i == 0) shape[i] = options.batch;
    } else if (open) {
      shape[i] = given->second[i];
    } else if (given->second[i] != shape[i]) {
      return fail(Code::invalid, "shape {} differs from the model's extent {} at place {}",
                  print(given->second), shape[i], i);
    }
  }
  TRY(checked_count(shape));
  return shape;
}

Quantisation quantisation_of(const TensorInfo& info) {
  const auto scale = scale_of(info);
  if (!scale) return not_quantised;
  return {scale->scale, scale->zero};
}

class Importer {
 public:
  // `end`: what stands for the operator that finds boxes; null without one.
  Importer(const File& file, const ImportOptions& options, const DetectionEnd* end)
      : file_(file),
        options_(options),
        end_(end),
        model_{.graph = Graph(core_ops())},
        fold_(model_.graph, options.most_folded),
        values_(file.tensors.size()),
        undone_(file.tensors.size(), 0),
        bytes_left_(static_cast<int64_t>(file.size_bytes) * most_bytes_per_byte + spare_bytes) {}

  Result<ImportedModel> run() {
    const auto live = TRY(live_operators(file_));
    TRY(check_operators(file_, live));
    TRY(inputs());
    for (const auto i : live) {
      wire(i);
      if (problems_.are_enough()) break;
    }
    TRY(problems_.status());
    TRY(outputs());
    TRY(verify(model_.graph));
    if (const auto left = file_.operators.size() - live.size() - (end_ ? 1 : 0); left > 0)
      model_.notes.push_back(fmt::format("{} operators that no output reads are left out", left));
    if (!file_.description.empty()) model_.metadata["description"] = std::string(file_.description);
    for (const auto& [name, bytes] : file_.metadata)
      if (name == model_json_key) model_.metadata[std::string(name)] = as_text(bytes);
    if (end_) {
      model_.metadata.emplace(model_json_key, end_->model_json);
      model_.notes.emplace_back(
          "boxes are found by the decoder, as TFLite_Detection_PostProcess would");
    }
    return std::move(model_);
  }

 private:
  const TensorInfo& info(int32_t tensor) const {
    return file_.tensors[static_cast<size_t>(tensor)];
  }

  // Names are made different where the file repeats them.
  std::string port_name(std::string_view name, std::string_view kind, size_t index) {
    auto unique = name.empty() ? fmt::format("{}{}", kind, index) : std::string(name);
    while (!names_.insert(unique).second) unique += fmt::format(":{}", index);
    return unique;
  }

  Result<> inputs() {
    std::vector<std::string> names;
    for (size_t i = 0; i < file_.inputs.size(); ++i) {
      const auto& tensor = info(file_.inputs[i]);
      const auto where = fmt::format("input '{}'", printable(tensor.name, 80));
      names.push_back(printable(tensor.name, 80));
      auto shape = bound_shape(tensor, options_);
      auto type = dtype_of(tensor.type);
      if (!shape || !type) {
        problems_.add(Error(shape ? type.error() : shape.error()).in(where));
        continue;
      }
      model_.input_layouts.push_back(picture_layout(*shape, "NHWC"));
      if (options_.as_float) model_.stored_inputs.push_back({*type, quantisation_of(tensor)});
      if (is_made_real(tensor)) {
        values_[static_cast<size_t>(file_.inputs[i])] =
            model_.graph.input(port_name(tensor.name, "input", i), {DType::f32, *std::move(shape)});
        continue;
      }
      const auto value = model_.graph.input(port_name(tensor.name, "input", i),
                                            {*type, *std::move(shape)}, quantisation_of(tensor));
      const bool narrow = is_float(*type) && *type != DType::f32;
      values_[static_cast<size_t>(file_.inputs[i])] =
          narrow ? fold_.cast(value, DType::f32) : value;
    }
    for (const auto& [name, shape] : options_.shapes)
      if (std::ranges::find(names, name) == names.end())
        problems_.add({Code::invalid, fmt::format("'{}' is not an input, inputs: {}",
                                                  printable(name), join(names, ", "))});
    return problems_.status();
  }

  Result<> outputs() {
    if (file_.outputs.empty()) return fail(Code::invalid, "the model has no output");
    names_.clear();
    for (size_t i = 0; i < file_.outputs.size(); ++i) {
      const auto& tensor = info(file_.outputs[i]);
      const auto where = fmt::format("output '{}'", printable(tensor.name, 80));
      const auto type = TRY(dtype_of(tensor.type), where);
      auto value = TRY(find(file_.outputs[i]), where);
      if (is_float(type)) value = fold_.cast(value, type);
      // x and y change places, and width and height.
      if (end_ && i == 0)
        value = fold_.call("gather", {value, fold_.integers({1, 0, 3, 2})}, {{"axis", int64_t{2}}});
      TRY(fold_.status(), where);
      model_.graph.output(port_name(tensor.name, "output", i), value,
                          is_made_real(tensor) ? not_quantised : quantisation_of(tensor));
      model_.output_layouts.push_back(picture_layout(model_.graph.shape(value), "NHWC"));
    }
    return {};
  }

  // A value; constants enter the graph when they are first read.
  Result<Value> find(int32_t tensor) {
    auto& value = values_[static_cast<size_t>(tensor)];
    if (value) return value;
    const auto& from = info(tensor);
    const auto where = fmt::format("tensor {} '{}'", tensor, printable(from.name, 80));
    if (from.is_variable)
      return fail(Code::unsupported, "{}: state that lasts from run to run is not supported",
                  where);
    if (!from.is_constant() && !from.is_empty())
      return fail(Code::invalid, "{}: nothing computes it", where);
    bytes_left_ -= count(from.shape) * size_of(TRY(dtype_of(from.type), where));
    if (bytes_left_ < 0)
      return fail(Code::invalid, "{}: constants are far larger than the file", where);
    const auto stored = TRY(constant_of(from), where);
    value = fold_.constant(is_made_real(from) ? TRY(real_constant(from, stored), where) : stored);
    return value;
  }

  // Problems of operators that read what another problem left undone are not worth telling.
  void wire(size_t i) {
    const auto& op = file_.operators[i];
    const bool cannot = std::ranges::any_of(
        op.in, [&](int32_t t) { return t >= 0 && undone_[static_cast<size_t>(t)]; });
    auto done = cannot ? Result<>() : wired(op);
    if (cannot || !done)
      for (const auto result : op.out) undone_[static_cast<size_t>(result)] = 1;
    if (!done) problems_.add(std::move(done).error().in(describe(file_, i)));
  }

  Result<> wired(const OperatorInfo& op) {
    std::vector<Value> in;
    for (const auto operand : op.in) in.push_back(operand < 0 ? Value{} : TRY(find(operand)));
    Node node(file_, op, std::move(in), fold_, model_.notes);
    const bool is_dropped = options_.as_float && op.code == fbs::BuiltinOperator_QUANTIZE;
    auto results = is_dropped ? same_value(node) : find_row(op.code)->wire(node, fold_);
    TRY(fold_.status());
    if (!results) return std::unexpected(std::move(results).error());
    for (size_t i = 0; i < std::min(op.out.size(), results->list.size()); ++i)
      TRY(keep(op.out[i], TRY(limited(op, op.out[i], results->list[i]))));
    return {};
  }

  static Result<Values> same_value(const Node& node) {
    TRY(node.arity(1, 1));
    return Values(node.in(0));
  }

  // Whether integers of the file are computed with as the real numbers that they stand for.
  bool is_made_real(const TensorInfo& info) const {
    return options_.as_float && stands_for_reals(info);
  }

  // What was made real stays within what the integers could hold.
  Result<Value> limited(const OperatorInfo& op, int32_t tensor, Value value) {
    if (!is_made_real(info(tensor)) || !leaves_range(op.code)) return value;
    return within_range(fold_, value, info(tensor));
  }

  // A result under its tensor's number, when it has the declared type.
  Result<> keep(int32_t tensor, Value value) {
    if (!value) return fail(Code::invalid, "an operand that it needs is left out");
    const auto& declared = info(tensor);
    const auto type = TRY(dtype_of(declared.type), "the result");
    const auto computed = fold_.type(value).dtype;
    const bool both_real = (is_float(type) || is_made_real(declared)) && computed == DType::f32;
    if (computed != type && !both_real)
      return fail(Code::invalid, "the result is declared as {} and computed as {}", print(type),
                  print(computed));
    values_[static_cast<size_t>(tensor)] = value;
    model_.values.push_back({std::string(declared.name), value});
    return {};
  }

  const File& file_;
  const ImportOptions& options_;
  const DetectionEnd* end_;
  ImportedModel model_;
  Fold fold_;
  std::vector<Value> values_;
  std::vector<char> undone_;
  Problems problems_;
  std::set<std::string> names_;
  int64_t bytes_left_;
};

// The tensor called `name`.
Result<int32_t> find_tensor(const File& file, const std::string& name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < file.tensors.size(); ++i) {
    if (file.tensors[i].name == name) return static_cast<int32_t>(i);
    names.emplace_back(file.tensors[i].name);
  }
  return std::unexpected(no_such_value(name, names));
}

}  // namespace
}  // namespace tflite

Result<ImportedModel> import_tflite(std::string_view bytes, const ImportOptions& options) {
  std::unique_ptr<char, decltype(&std::free)> copy(nullptr, &std::free);
  if (reinterpret_cast<uintptr_t>(bytes.data()) % 16 != 0) {
    copy.reset(static_cast<char*>(std::aligned_alloc(16, (bytes.size() + 31) / 16 * 16)));
    CHECK(copy);
    std::ranges::copy(bytes, copy.get());
    bytes = {copy.get(), bytes.size()};
  }
  auto file = TRY(tflite::parse_file(bytes));
  int32_t tap = 0;
  std::optional<tflite::DetectionEnd> end;
  if (options.tap.empty()) {
    end = TRY(tflite::find_detection_end(file));
    if (end) file.outputs = end->outputs;
  } else {
    tap = TRY(tflite::find_tensor(file, options.tap));
    file.outputs = std::span(&tap, 1);
  }
  return tflite::Importer(file, options, end ? &*end : nullptr).run();
}

}  // namespace turnstone
