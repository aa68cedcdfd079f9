#include "exchange/onnx/node.h"

#include <numeric>

#include "base/text.h"

namespace turnstone {

Result<> Node::arity(size_t least, size_t most) const {
  if (in_.size() < least || in_.size() > most)
    return fail(Code::invalid, "{} operands are given, wanted: {} to {}", in_.size(), least, most);
  for (size_t i = 0; i < least; ++i)
    if (!in_[i]) return fail(Code::invalid, "operand {} is left out", i);
  return {};
}

Result<std::vector<int64_t>> Node::known_integers(size_t i, std::string_view what) const {
  const auto* tensor = graph_.known(in(i));
  if (!tensor) return fail(Code::unsupported, "{} is computed at run time", what);
  if (is_float(tensor->dtype()))
    return fail(Code::invalid, "{} is {}, wanted: integers", what, print(tensor->dtype()));
  if (tensor->size() > 1 << 20)
    return fail(Code::unsupported, "{} has {} numbers", what, tensor->size());
  return integers_of(*tensor);
}

Result<std::vector<double>> Node::known_reals(size_t i, std::string_view what) const {
  const auto* tensor = graph_.known(in(i));
  if (!tensor) return fail(Code::unsupported, "{} is computed at run time", what);
  if (tensor->size() > 1 << 20)
    return fail(Code::unsupported, "{} has {} numbers", what, tensor->size());
  std::vector<double> reals;
  for (int64_t k = 0; k < tensor->size(); ++k) reals.push_back(tensor->real_at(k));
  return reals;
}

Result<int64_t> Node::known_zero(size_t i, std::string_view what) const {
  if (!has(i)) return 0;
  const auto zeros = TRY(known_integers(i, what));
  if (zeros.empty()) return fail(Code::invalid, "{} is empty", what);
  for (const auto zero : zeros)
    if (zero != zeros[0])
      return fail(Code::unsupported, "{} differs from channel to channel, supported: one number",
                  what);
  return zeros[0];
}

void Node::ignore(std::initializer_list<std::string_view> names) { read_.insert(names); }

template <class T>
Result<T> Node::attribute(std::string_view name, T otherwise, std::string_view kind) {
  const auto found = node_.attributes.find(name);
  if (found == node_.attributes.end()) return otherwise;
  read_.insert(found->first);
  if (const auto* value = std::get_if<T>(&found->second)) return *value;
  return fail(Code::invalid, "attribute '{}' has the wrong kind, wanted: {}", name, kind);
}

Result<int64_t> Node::integer(std::string_view name, int64_t otherwise) {
  return attribute<int64_t>(name, otherwise, "an integer");
}
Result<bool> Node::flag(std::string_view name, bool otherwise) {
  return TRY(integer(name, otherwise)) != 0;
}
Result<double> Node::real(std::string_view name, double otherwise) {
  return attribute<double>(name, otherwise, "a real number");
}
Result<std::string> Node::text(std::string_view name, std::string_view otherwise) {
  return attribute<std::string>(name, std::string(otherwise), "a text");
}
Result<std::vector<int64_t>> Node::integers(std::string_view name, std::vector<int64_t> otherwise) {
  return attribute(name, std::move(otherwise), "integers");
}
Result<std::vector<double>> Node::reals(std::string_view name, std::vector<double> otherwise) {
  return attribute(name, std::move(otherwise), "real numbers");
}
Result<Tensor> Node::tensor(std::string_view name, Tensor otherwise) {
  return attribute(name, std::move(otherwise), "a tensor");
}

Result<> Node::all_attributes_read() const {
  std::vector<std::string> left;
  for (const auto& [name, value] : node_.attributes)
    if (!read_.contains(name)) left.push_back("'" + printable(name) + "'");
  if (left.empty()) return {};
  return fail(Code::unsupported, "attribute {} is not supported", join(left, ", "));
}

Result<Value> pictures_in(Fold& g, Value x) {
  const auto shape = g.shape(x);
  if (shape.size() == 3) x = g.reshape(x, {shape[0], shape[1], 1, shape[2]});
  if (shape.size() != 3 && shape.size() != 4)
    return fail(Code::unsupported, "x is {}, wanted: 1 or 2 dimensions besides batch and channel",
                print(g.type(x)));
  return g.transpose(x, {0, 2, 3, 1});
}

Value pictures_out(Fold& g, Value x, int64_t rank) {
  x = g.transpose(x, {0, 3, 1, 2});
  if (!x || rank == 4) return x;
  const auto shape = g.shape(x);
  return g.reshape(x, {shape[0], shape[1], shape[3]});
}

Value channels_last(Fold& g, Value x) {
  if (g.rank(x) < 2) return x;
  std::vector<int64_t> axes(static_cast<size_t>(g.rank(x)));
  std::iota(axes.begin(), axes.end(), 0);
  std::rotate(axes.begin() + 1, axes.begin() + 2, axes.end());
  return g.transpose(x, axes);
}

Value channels_first(Fold& g, Value x) {
  if (g.rank(x) < 2) return x;
  std::vector<int64_t> axes(static_cast<size_t>(g.rank(x)));
  std::iota(axes.begin(), axes.end(), 0);
  std::rotate(axes.begin() + 1, axes.end() - 1, axes.end());
  return g.transpose(x, axes);
}

}  // namespace turnstone
