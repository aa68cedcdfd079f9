// One operator of a TFLite model while it is wired from core operators.
#pragma once

#include <string>
#include <vector>

#include "exchange/fold.h"
#include "exchange/tflite/file.h"
#include "exchange/tflite/quantised.h"

namespace turnstone::tflite {

// Operands, results and options, checked when they are asked for.
class Node {
 public:
  Node(const File& file, const OperatorInfo& op, std::vector<Value> in, Fold& graph,
       std::vector<std::string>& notes)
      : file_(file), op_(op), in_(std::move(in)), graph_(graph), notes_(notes) {}

  // Errors: invalid unless `least` to `most` operands are given, the first `least` are not left
  // out, and there is a result.
  Result<> arity(size_t least, size_t most) const;

  size_t size() const { return in_.size(); }
  size_t results() const { return op_.out.size(); }
  fbs::BuiltinOperator code() const { return op_.code; }
  bool has(size_t i) const { return i < in_.size() && in_[i]; }
  Value in(size_t i) const { return i < in_.size() ? in_[i] : Value{}; }
  Shape shape(size_t i) const { return graph_.shape(in(i)); }
  int64_t rank(size_t i) const { return graph_.rank(in(i)); }
  DType dtype(size_t i) const { return graph_.type(in(i)).dtype; }

  // Whether the operands are integers that stand for real numbers.
  bool is_quantised() const;

  // What the file says about an operand or a result. They must exist.
  const TensorInfo& operand(size_t i) const;
  const TensorInfo& result(size_t i = 0) const;

  // Scale and zero of an operand or result. Errors: invalid when there are none, the scale is not
  // positive and finite, or the zero is not of the type; unsupported when there is one for each
  // channel.
  Result<Scale> scale(size_t i) const;
  Result<Scale> result_scale(size_t i = 0) const;

  // Element type of a result. Errors: unsupported.
  Result<DType> result_type(size_t i = 0) const { return dtype_of(result(i).type); }

  // Operands that must be known while importing. `what` names them in the error.
  Result<std::vector<int64_t>> known_integers(size_t i, std::string_view what) const;
  Result<int64_t> known_integer(size_t i, std::string_view what) const;

  // The options table; where the file has none, one with every default. Errors: invalid when it is
  // another operator's.
  template <class T>
  Result<const T*> options() const;

  // Tells the user something about the import, once.
  void note(std::string_view text);

 private:
  const File& file_;
  const OperatorInfo& op_;
  std::vector<Value> in_;
  Fold& graph_;
  std::vector<std::string>& notes_;
};

// Wires one operator: core calls in, results out.
using Wire = Result<Values> (*)(Node&, Fold&);

// A row of a family's table.
struct Row {
  fbs::BuiltinOperator code;
  Wire wire;
};

// Errors: unsupported "... of int8 is not supported" where only real numbers have a meaning.
Result<> want_real(const Node& n);

// x after the activation that an operator has at its end. Errors: unsupported.
Result<Value> activated(Fold& g, Value x, fbs::ActivationFunctionType activation);

namespace detail {
// A table without fields: every one has its default.
alignas(8) inline constexpr uint8_t empty_table[] = {4, 0, 4, 0, 4, 0, 0, 0};
}  // namespace detail

template <class T>
Result<const T*> Node::options() const {
  const auto type = op_.table->builtin_options_type();
  const void* table = op_.table->builtin_options();
  if (type == fbs::BuiltinOptions_NONE || !table)
    return reinterpret_cast<const T*>(detail::empty_table + 4);
  if (type != fbs::BuiltinOptionsTraits<T>::enum_value)
    return fail(Code::invalid, "its options are those of another operator (kind {})",
                static_cast<int>(type));
  return static_cast<const T*>(table);
}

}  // namespace turnstone::tflite
