#include "exchange/onnx/exporter.h"

#include "exchange/fold.h"
#include "ops/ops.h"

namespace turnstone {
namespace {

const std::vector<int64_t> to_first = {0, 3, 1, 2};
const std::vector<int64_t> to_last = {0, 2, 3, 1};

}  // namespace

int64_t axis_channels_first(int64_t axis) { return axis == 0 ? 0 : axis == 3 ? 1 : axis + 1; }

Tensor transposed(const Tensor& tensor, std::vector<int64_t> axes) {
  Graph scratch(core_ops());
  Fold fold(scratch, INT64_MAX);
  const auto turned = fold.transpose(fold.constant(tensor), std::move(axes));
  CHECK(fold.known(turned) != nullptr);
  return *fold.known(turned);
}

Exporter::Exporter(const Graph& graph, OnnxModel& model)
    : graph_(graph), model_(model), uses_(uses_of(graph)) {
  for (const auto& port : graph.inputs()) {
    taken_.insert(port.name);
    names_[port.value.id].plain = port.name;
  }
  for (const auto& port : graph.outputs()) {
    taken_.insert(port.name);
    if (graph.made_by(port.value)) wanted_.emplace(port.value.id, port.name);
  }
}

std::string Exporter::fresh() {
  std::string name;
  do name = fmt::format("v{}", next_++);
  while (taken_.contains(name));
  return name;
}

std::string Exporter::plain_name_for(Value value) {
  const auto wanted = wanted_.find(value.id);
  return wanted == wanted_.end() ? fresh() : wanted->second;
}

void Exporter::add(std::string_view op, std::vector<std::string> in, OnnxAttributes attributes,
                   std::string out) {
  model_.nodes.push_back({.op = std::string(op),
                          .in = std::move(in),
                          .out = {out},
                          .attributes = std::move(attributes),
                          .name = out});
}

std::string Exporter::node(std::string_view op, std::vector<std::string> in,
                           OnnxAttributes attributes) {
  auto out = fresh();
  add(op, std::move(in), std::move(attributes), out);
  return out;
}

void Exporter::result(const Made& made, std::string_view op, std::vector<std::string> in,
                      OnnxAttributes attributes) {
  auto out = plain_name_for(made.out.front());
  add(op, std::move(in), std::move(attributes), out);
  names_[made.out.front().id].plain = std::move(out);
}

void Exporter::result_channels_first(const Made& made, std::string_view op,
                                     std::vector<std::string> in, OnnxAttributes attributes) {
  maker_[made.out.front().id] = model_.nodes.size();
  names_[made.out.front().id].first = node(op, std::move(in), std::move(attributes));
}

std::string Exporter::tensor(Tensor tensor) {
  auto name = fresh();
  model_.initialisers.emplace(name, std::move(tensor));
  return name;
}

std::string Exporter::real(double value) { return tensor(Tensor::filled(DType::f32, {}, value)); }

std::string Exporter::integers(const std::vector<int64_t>& values) {
  return tensor(Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

std::string Exporter::plain(Value value) {
  auto& names = names_[value.id];
  if (!names.plain.empty()) return names.plain;
  if (const auto* constant = graph_.constant_of(value)) return names.plain = tensor(*constant);
  CHECK(!names.first.empty());
  auto out = plain_name_for(value);
  add("Transpose", {names.first}, {{"perm", to_last}}, out);
  return names.plain = std::move(out);
}

std::string Exporter::channels_first(Value value) {
  auto& names = names_[value.id];
  if (!names.first.empty()) return names.first;
  if (const auto* constant = graph_.constant_of(value))
    return names.first = tensor(transposed(*constant, to_first));
  return names.first = node("Transpose", {plain(value)}, {{"perm", to_first}});
}

std::string Exporter::spread_channels_first(Value value) {
  const auto* constant = graph_.constant_of(value);
  if (graph_.type(value).rank() == 4) return channels_first(value);
  CHECK(constant != nullptr);
  auto shape = constant->shape();
  if (constant->size() == 1) return tensor(constant->reshaped({}));
  shape.insert(shape.begin(), 4 - shape.size(), 1);
  return tensor(transposed(constant->reshaped(shape), to_first));
}

bool Exporter::has_plain(Value value) const {
  const auto found = names_.find(value.id);
  return found != names_.end() && !found->second.plain.empty();
}

bool Exporter::has_channels_first(Value value) const {
  const auto found = names_.find(value.id);
  return found != names_.end() && !found->second.first.empty();
}

bool Exporter::prefers_channels_first(Value value) const {
  return !graph_.constant_of(value) && has_channels_first(value) && !has_plain(value);
}

void Exporter::alias(const Made& made, std::string plain, std::string channels_first) {
  auto& names = names_[made.out.front().id];
  if (!plain.empty()) names.plain = std::move(plain);
  if (!channels_first.empty()) names.first = std::move(channels_first);
}

bool Exporter::is_made_before(size_t node, std::string_view operand) const {
  if (model_.initialisers.contains(operand)) return true;
  for (size_t i = 0; i < node; ++i)
    if (model_.nodes[i].out.front() == operand) return true;
  return false;
}

bool Exporter::absorb(const Made& made, Value value, std::string_view op, std::string operand) {
  const auto maker = maker_.find(value.id);
  if (maker == maker_.end() || uses_[static_cast<size_t>(value.id)] != 1) return false;
  auto& node = model_.nodes[maker->second];
  if (node.op != op || node.in.size() != 2) return false;
  if (!is_made_before(maker->second, operand)) return false;
  node.in.push_back(std::move(operand));
  names_[made.out.front().id].first = node.out.front();
  return true;
}

void Exporter::finish() {
  for (const auto& port : graph_.outputs())
    if (plain(port.value) != port.name) add("Identity", {plain(port.value)}, {}, port.name);
}

const OnnxExport* find_export(std::string_view op) {
  using Family = std::span<const OnnxExport> (*)();
  static constexpr Family families[] = {exported_arithmetic, exported_pictures, exported_quantised,
                                        exported_shapes};
  for (const auto family : families)
    for (const auto& row : family())
      if (row.op == op) return &row;
  return nullptr;
}

}  // namespace turnstone
