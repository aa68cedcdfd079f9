// One node of an ONNX model while it is wired from core operators.
#pragma once

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/fold.h"
#include "exchange/onnx/onnx_model.h"

namespace turnstone {

// Operands and attributes, checked when they are asked for. An attribute that nobody asks for makes
// the node unsupported, so none is ignored by accident.
class Node {
 public:
  Node(const OnnxNode& node, std::vector<Value> in, Fold& graph)
      : node_(node), in_(std::move(in)), graph_(graph) {}

  // Errors: invalid unless `least` to `most` operands are given and the first `least` are not left
  // out.
  Result<> arity(size_t least, size_t most) const;

  size_t size() const { return in_.size(); }
  size_t results() const { return node_.out.size(); }
  bool has(size_t i) const { return i < in_.size() && in_[i]; }
  Value in(size_t i) const { return i < in_.size() ? in_[i] : Value{}; }
  Shape shape(size_t i) const { return graph_.shape(in(i)); }
  int64_t rank(size_t i) const { return graph_.rank(in(i)); }

  // From here on the node has these operands; those that it had.
  std::vector<Value> replace(std::vector<Value> in) { return std::exchange(in_, std::move(in)); }

  // Operands that must be known while importing. `what` names them in the error.
  Result<std::vector<int64_t>> known_integers(size_t i, std::string_view what) const;
  Result<std::vector<double>> known_reals(size_t i, std::string_view what) const;

  // One number for a whole tensor, 0 where the operand is left out. Errors: unsupported when it is
  // computed at run time or there are several that differ.
  Result<int64_t> known_zero(size_t i, std::string_view what) const;

  bool has_attribute(std::string_view name) const { return node_.attributes.contains(name); }
  // Marks attributes as read that change nothing here.
  void ignore(std::initializer_list<std::string_view> names);

  // Attributes with their defaults. Errors: invalid when the kind is another.
  Result<int64_t> integer(std::string_view name, int64_t otherwise);
  Result<bool> flag(std::string_view name, bool otherwise);
  Result<double> real(std::string_view name, double otherwise);
  Result<std::string> text(std::string_view name, std::string_view otherwise);
  Result<std::vector<int64_t>> integers(std::string_view name, std::vector<int64_t> otherwise);
  Result<std::vector<double>> reals(std::string_view name, std::vector<double> otherwise);
  Result<Tensor> tensor(std::string_view name, Tensor otherwise);

  // Errors: unsupported, naming the attributes that were not asked for.
  Result<> all_attributes_read() const;

 private:
  template <class T>
  Result<T> attribute(std::string_view name, T otherwise, std::string_view kind);

  const OnnxNode& node_;
  std::vector<Value> in_;
  Fold& graph_;
  std::set<std::string_view> read_;
};

// Wires one node: core calls in, results out.
using OnnxWire = Result<Values> (*)(Node&, Fold&);

// Operators that ONNX Runtime has beside ONNX's own.
inline constexpr std::string_view microsoft = "com.microsoft";

// A row of a family's table: the operator `name` of opsets `since` to `until`; those of another
// domain than ONNX's own, "", are read whatever its opset is.
struct OnnxImport {
  std::string_view name;
  int64_t since;
  int64_t until;
  OnnxWire wire;
  std::string_view domain = {};
};

inline constexpr int64_t oldest = 7;  // opsets of ONNX's own operators that are read
// The newest opset that is read.
inline constexpr int64_t newest = 22;

// x: [batch, channel, row, column] as [batch, row, column, channel]; [batch, channel, column] as
// [batch, 1, column, channel]. Errors: unsupported for other ranks.
Result<Value> pictures_in(Fold& g, Value x);

// The way back, to `rank` dimensions.
Value pictures_out(Fold& g, Value x, int64_t rank);

// x of any rank >= 2 with the channels moved from place 1 to the end, and back.
Value channels_last(Fold& g, Value x);
Value channels_first(Fold& g, Value x);

}  // namespace turnstone
