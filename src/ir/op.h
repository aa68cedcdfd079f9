// Core operators: what a call may do. Meaning (`eval`), shape rule (`infer`), portable code
// (`emit`) and a generator of legal calls (`sample`) stand together in one table row.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ir/attributes.h"
#include "ir/type.h"
#include "tensor/compare.h"
#include "tensor/tensor.h"

namespace turnstone {

class CWriter;  // emit/c_writer.h
struct OpDef;

// One use of an operator: types of its operands and results, and its attributes, complete with
// defaults.
struct Call {
  const OpDef* op = nullptr;
  std::vector<Type> in;
  Attributes attrs;
  std::vector<Type> out;

  int64_t i(std::string_view name) const { return std::get<int64_t>(find(name)); }
  double real(std::string_view name) const { return std::get<double>(find(name)); }
  const std::string& text(std::string_view name) const { return std::get<std::string>(find(name)); }
  const std::vector<int64_t>& ints(std::string_view name) const {
    return std::get<std::vector<int64_t>>(find(name));
  }
  const std::vector<double>& reals(std::string_view name) const {
    return std::get<std::vector<double>>(find(name));
  }

 private:
  const Attribute& find(std::string_view name) const;
};

struct AttributeDef {
  std::string_view name;
  Attribute otherwise;  // the default; also fixes the kind
  std::string_view doc;
};

// What `sample` draws: operand types, attributes, and ranges for the operands' random values.
struct Sample {
  std::vector<Type> in;
  Attributes attrs;
  double low = -4;  // random operands lie in [low, high]; integers in the type's part of it
  double high = 4;
  std::vector<Tensor> fixed = {};  // when not empty: the operands themselves
};

// Arity of operators such as concat.
inline constexpr int variadic = -1;

// For elementwise operators: the C expression of one element, from which code for whole tensors
// and for the end of a fused group is made. `vector` works on f32 vectors `vf` (kernels/vector.c),
// into which narrower reals are widened, `scalar` on C scalars of any type. Either may be null:
// then that form does not exist.
struct Elementwise {
  // `x` are the operands' names in the C text.
  std::string (*vector)(const Call&, std::span<const std::string> x) = nullptr;
  std::string (*scalar)(const Call&, std::span<const std::string> x) = nullptr;
  std::string_view math = {};  // template of kernels/ that the expression calls, such as "math/exp"
};

struct OpDef {
  std::string_view name;
  std::string_view doc;  // one line
  int arity = 1;         // number of operands, or variadic
  std::vector<AttributeDef> attrs = {};

  // Types of the results, or why the call is illegal. Errors name the offending thing; the caller
  // adds the operator's name.
  Result<std::vector<Type>> (*infer)(const Call&) = nullptr;

  // The reference: plain loops, sums in double. `out` has the inferred types, filled with zeros.
  void (*eval)(const Call&, std::span<const Tensor> in, std::span<Tensor> out) = nullptr;

  // Portable C on plain row-major layouts: reads in0, in1, ..., writes out0, ...: pointers to the C
  // types of the elements. Needs no other memory.
  void (*emit)(const Call&, CWriter&) = nullptr;

  // Into how many parts, none of which needs another, the emitted code is divided: it does those
  // in [from, to), two variables of type long. Null for code that does all at once.
  int64_t (*parts)(const Call&) = nullptr;

  // One random legal call; small, all attributes and types in reach.
  std::function<Sample(std::mt19937&)> sample = nullptr;

  // How far emitted code may be from eval.
  Tolerance tolerance = {};

  const Elementwise* elementwise = nullptr;  // null when it is not

  // The vector form of what goes element by element between integers of up to 32 bits, which are
  // vectors `vi`, and f32, which are `vf`; operands may be one for each channel. Null when there is
  // none.
  const Elementwise* mixed = nullptr;
};

// The operators that graphs may use, sorted by name.
using OpTable = std::span<const OpDef* const>;

// Null when there is none.
const OpDef* find_op(OpTable ops, std::string_view name);

// Completes a call: checks arity, unknown attributes and their kinds, fills defaults, infers the
// results. Errors are prefixed with the operator's name.
Result<Call> make_call(const OpDef& op, std::vector<Type> in, Attributes attrs);

}  // namespace turnstone
