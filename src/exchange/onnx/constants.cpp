#include <algorithm>

#include "exchange/onnx/families.h"
#include "exchange/wiring.h"

namespace turnstone {
namespace {

Value widened(Fold& g, const Tensor& tensor) {
  const auto value = g.constant(tensor);
  const bool wide = is_float(tensor.dtype()) && tensor.dtype() != DType::f32;
  return wide ? g.cast(value, DType::f32) : value;
}

Result<Values> constant(Node& n, Fold& g) {
  TRY(n.arity(0, 0));
  if (n.has_attribute("value")) return widened(g, TRY(n.tensor("value", {})));
  if (n.has_attribute("value_float")) return g.real(TRY(n.real("value_float", 0)));
  if (n.has_attribute("value_int"))
    return g.reshape(g.integers({TRY(n.integer("value_int", 0))}), {});
  if (n.has_attribute("value_ints")) return g.integers(TRY(n.integers("value_ints", {})));
  if (!n.has_attribute("value_floats"))
    return fail(Code::unsupported,
                "it has none of value, value_float, value_floats, value_int and "
                "value_ints");
  const auto reals = TRY(n.reals("value_floats", {}));
  const std::vector<float> list(reals.begin(), reals.end());
  return g.constant(Tensor::of<float>({static_cast<int64_t>(list.size())}, list));
}

Result<Values> constant_of_shape(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto shape = TRY(n.known_integers(0, "the shape"));
  const auto value = TRY(n.tensor("value", Tensor(DType::f32, {1})));
  if (value.size() != 1)
    return fail(Code::invalid, "value has {} elements, wanted: 1", value.size());
  TRY(checked_count(shape));
  const auto scalar = g.reshape(widened(g, value), {});
  return g.call("broadcast", {scalar}, {{"shape", shape}});
}

Result<Values> shape_of(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  const auto& shape = n.shape(0);
  const auto rank = n.rank(0);
  const auto place = [&](int64_t at) {
    return std::clamp(at < 0 ? at + rank : at, int64_t{0}, rank);
  };
  const auto start = place(TRY(n.integer("start", 0)));
  const auto end = std::max(start, place(TRY(n.integer("end", rank))));
  return g.integers({shape.begin() + start, shape.begin() + end});
}

Result<Values> size(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  return g.reshape(g.integers({count(n.shape(0))}), {});
}

Result<Values> range(Node& n, Fold& g) {
  TRY(n.arity(3, 3));
  return TRY(range(g, n.in(0), n.in(1), n.in(2)));
}

// ONNX's numbers of element types; the reals beside f32 are computed as f32.
Result<DType> type_numbered(int64_t number) {
  switch (number) {
    case 1:
    case 10:
    case 11:
    case 16:
      return DType::f32;
    case 2:
      return DType::u8;
    case 3:
      return DType::i8;
    case 4:
      return DType::u16;
    case 5:
      return DType::i16;
    case 6:
      return DType::i32;
    case 7:
      return DType::i64;
    case 9:
      return DType::boolean;
    case 12:
      return DType::u32;
    case 13:
      return DType::u64;
    default:
      break;
  }
  return fail(Code::unsupported, "element type {} is not supported", number);
}

Result<Values> cast(Node& n, Fold& g) {
  TRY(n.arity(1, 1));
  n.ignore({"saturate"});  // is about types of 8 bits, which are refused
  if (!n.has_attribute("to")) return fail(Code::invalid, "attribute 'to' is missing");
  return g.cast(n.in(0), TRY(type_numbered(TRY(n.integer("to", 1)))));
}

Result<Values> cast_like(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  n.ignore({"saturate"});
  return g.cast(n.in(0), g.type(n.in(1)).dtype);
}

constexpr OnnxImport rows[] = {
    {"Cast", oldest, newest, cast},         {"CastLike", 15, newest, cast_like},
    {"Constant", oldest, newest, constant}, {"ConstantOfShape", 9, newest, constant_of_shape},
    {"Range", 11, newest, range},           {"Shape", oldest, newest, shape_of},
    {"Size", oldest, newest, size},
};

}  // namespace

std::span<const OnnxImport> constants() { return rows; }

}  // namespace turnstone
