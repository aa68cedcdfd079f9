#include "exchange/onnx/import.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "exchange/onnx/families.h"
#include "exchange/onnx/order.h"
#include "exchange/onnx/proto.h"
#include "exchange/problems.h"
#include "ops/ops.h"

namespace turnstone {
namespace {

bool is_widened(DType type) {
  return type == DType::f16 || type == DType::bf16 || type == DType::f64;
}

Tensor as_f32(const Tensor& from) {
  if (!is_widened(from.dtype())) return from;
  Tensor tensor(DType::f32, from.shape());
  for (int64_t i = 0; i < from.size(); ++i) tensor.set_real(i, from.real_at(i));
  return tensor;
}

// Errors: unsupported, with every operator of the model that no row covers.
Result<> check_operators(const std::vector<const OnnxNode*>& nodes, int64_t opset) {
  std::vector<Lack> lacks;
  for (const auto* node : nodes) {
    if (find_import(node->domain, node->op, opset)) continue;
    const auto name = node->domain.empty()
                          ? fmt::format("{} (opset {})", printable(node->op), opset)
                          : printable(node->domain + "." + node->op);
    lacks.push_back({name, describe(*node)});
  }
  return check_lacks(lacks);
}

// The shape of an input: what the file fixes, and bindings for what it leaves open.
Result<Shape> bound_shape(const OnnxPort& port, const ImportOptions& options) {
  const auto given = options.shapes.find(port.name);
  const auto where = fmt::format("input '{}'", printable(port.name));
  if (given == options.shapes.end() && !port.shape)
    return fail(Code::unsupported, "{}: the shape is open, give it with --shape {}=...", where,
                printable(port.name));
  if (given != options.shapes.end() && port.shape && given->second.size() != port.shape->size())
    return fail(Code::invalid, "{}: shape {} has {} extents, the model has {}", where,
                print(given->second), given->second.size(), port.shape->size());
  Shape shape = given != options.shapes.end() ? given->second : Shape(port.shape->size());
  for (size_t i = 0; port.shape && i < shape.size(); ++i) {
    const auto* fixed = std::get_if<int64_t>(&(*port.shape)[i]);
    const bool open = !fixed || *fixed <= 0;
    if (given == options.shapes.end()) {
      if (open && i > 0)
        return fail(Code::unsupported, "{}: extent {} is open, give it with --shape {}=...", where,
                    i, printable(port.name));
      shape[i] = open ? options.batch : *fixed;
    } else if (!open && shape[i] != *fixed) {
      return fail(Code::invalid, "{}: shape {} differs from the model's extent {} at place {}",
                  where, print(shape), *fixed, i);
    }
  }
  TRY(checked_count(shape), where);
  return shape;
}

class Importer {
 public:
  Importer(const OnnxModel& file, const ImportOptions& options)
      : file_(file),
        options_(options),
        model_{.graph = Graph(core_ops())},
        fold_(model_.graph, options.most_folded) {}

  Result<ImportedModel> run() {
    if (file_.opset < oldest || file_.opset > newest)
      return fail(Code::unsupported, "opset {} is not supported, supported: {} to {}", file_.opset,
                  oldest, newest);
    const auto nodes = TRY(order_of(file_));
    TRY(check_operators(nodes, file_.opset));
    TRY(inputs());
    for (const auto* node : nodes) {
      wire(*node);
      if (problems_.are_enough()) break;
    }
    TRY(problems_.status());
    TRY(outputs());
    TRY(verify(model_.graph));
    model_.name = file_.name;
    model_.metadata = file_.metadata;
    if (nodes.size() < file_.nodes.size())
      model_.notes.push_back(fmt::format("{} nodes that no output reads are left out",
                                         file_.nodes.size() - nodes.size()));
    if (narrowed_ > 0)
      model_.notes.push_back(fmt::format("{} tensors are f64 and became f32", narrowed_));
    return std::move(model_);
  }

 private:
  Result<> inputs() {
    std::vector<std::string> names;
    for (const auto& port : file_.inputs) {
      if (file_.initialisers.contains(port.name)) continue;
      names.push_back(port.name);
      auto shape = bound_shape(port, options_);
      if (!shape) {
        problems_.add(std::move(shape).error());
        continue;
      }
      model_.input_layouts.push_back(picture_layout(*shape, "NCHW"));
      if (options_.as_float) model_.stored_inputs.push_back({port.dtype, not_quantised});
      const auto value = model_.graph.input(port.name, {port.dtype, *std::move(shape)});
      values_[port.name] = is_widened(port.dtype) ? fold_.cast(value, DType::f32) : value;
    }
    for (const auto& [name, shape] : options_.shapes)
      if (std::ranges::find(names, name) == names.end())
        problems_.add({Code::invalid, fmt::format("'{}' is not an input, inputs: {}",
                                                  printable(name), join(names, ", "))});
    return problems_.status();
  }

  Result<> outputs() {
    if (file_.outputs.empty()) return fail(Code::invalid, "the model has no output");
    for (const auto& port : file_.outputs) {
      const auto value = TRY(find(port.name), "output");
      TRY(output(port, options_.tap.empty() ? port.dtype : fold_.type(value).dtype, value));
    }
    return {};
  }

  Result<> output(const OnnxPort& port, DType declared, Value value) {
    if (is_widened(declared)) value = fold_.cast(value, declared);
    TRY(fold_.status());
    if (fold_.type(value).dtype != declared)
      return fail(Code::invalid, "output '{}' is declared as {} and computed as {}",
                  printable(port.name), print(declared), print(fold_.type(value).dtype));
    model_.graph.output(port.name, value);
    model_.output_layouts.push_back(picture_layout(fold_.shape(value), "NCHW"));
    return {};
  }

  // A value by name; tensors enter the graph when they are first read.
  Result<Value> find(const std::string& name) {
    if (const auto known = values_.find(name); known != values_.end()) return known->second;
    const auto tensor = file_.initialisers.find(name);
    if (tensor == file_.initialisers.end())
      return fail(Code::unsupported, "value '{}' is not computed", printable(name));
    narrowed_ += tensor->second.dtype() == DType::f64;
    return values_[name] = fold_.constant(as_f32(tensor->second));
  }

  // Problems of nodes that read what another problem left undone are not worth telling.
  void wire(const OnnxNode& node) {
    const bool cannot =
        std::ranges::any_of(node.in, [&](auto& name) { return undone_.contains(name); });
    auto done = cannot ? Result<>() : wired(node);
    if (cannot || !done) undone_.insert(node.out.begin(), node.out.end());
    if (!done) problems_.add(std::move(done).error().in(describe(node)));
  }

  Result<> wired(const OnnxNode& node) {
    std::vector<Value> in;
    for (const auto& name : node.in) in.push_back(name.empty() ? Value{} : TRY(find(name)));
    Node view(node, std::move(in), fold_);
    auto results = find_import(node.domain, node.op, file_.opset)->wire(view, fold_);
    TRY(fold_.status());
    if (!results) return std::unexpected(std::move(results).error());
    TRY(view.all_attributes_read());
    for (size_t i = 0; i < std::min(node.out.size(), results->list.size()); ++i) {
      if (node.out[i].empty()) continue;
      if (!results->list[i]) return fail(Code::invalid, "an operand that it needs is left out");
      values_[node.out[i]] = results->list[i];
      model_.values.push_back({node.out[i], results->list[i]});
    }
    return {};
  }

  const OnnxModel& file_;
  const ImportOptions& options_;
  ImportedModel model_;
  Fold fold_;
  std::unordered_map<std::string, Value> values_;
  std::unordered_set<std::string> undone_;
  Problems problems_;
  int narrowed_ = 0;
};

}  // namespace

Result<ImportedModel> wire_onnx(const OnnxModel& model, const ImportOptions& options) {
  if (options.tap.empty()) return Importer(model, options).run();
  std::vector<std::string> names;
  for (const auto& node : model.nodes) names.insert(names.end(), node.out.begin(), node.out.end());
  if (std::ranges::find(names, options.tap) == names.end())
    return std::unexpected(no_such_value(options.tap, names));
  auto cut = model;
  cut.outputs = {{.name = options.tap, .dtype = DType::f32, .shape = {}}};
  return Importer(cut, options).run();
}

Result<ImportedModel> import_onnx(std::string_view bytes, const ImportOptions& options) {
  return wire_onnx(TRY(parse_onnx(bytes)), options);
}

}  // namespace turnstone
