// A row of `rows` is an operator: name, meaning on numbers, C expression, domain, tolerance. In the
// expressions {0}, {1}, ... are the operands, {name} is an attribute and {type} the C type of the
// result.
#include "ops/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/narrow.h"

namespace turnstone {
namespace {

// Which types the operands may have, and what the result is.
enum class Types {
  real,     // f32 or bf16 -> f32
  number,   // the same integer type throughout, or f32 or bf16 -> f32
  integer,  // the same integer type throughout
  logical,  // bool -> bool
  compare,  // two of the same type -> bool
  choose,   // bool, then two of the same type -> that type
  convert,  // any -> the type named by the attribute `to`
};

struct Row : Elementwise {
  std::string_view name;
  std::string_view doc;
  int arity;
  Types types;
  double (*real)(const Call&, const double* x);
  int64_t (*whole)(const Call&, const int64_t* x);  // null: no meaning on integers
  std::string_view vector_text;                     // "": no form on vectors
  std::string_view scalar_text;                     // "": no form on scalars
  double low;
  double high;
  Tolerance tolerance;
  std::vector<AttributeDef> attrs;
};

const Row& row_of(const Call& call) { return static_cast<const Row&>(*call.op->elementwise); }

constexpr double infinity = std::numeric_limits<double>::infinity();

int64_t wrapped(uint64_t value) { return static_cast<int64_t>(value); }
uint64_t bits(int64_t value) { return static_cast<uint64_t>(value); }
int64_t quotient(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? wrapped(-bits(a)) : a / b; }
int64_t floor_quotient(int64_t a, int64_t b) {
  const auto q = quotient(a, b);
  return b != 0 && b != -1 && a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
int64_t rest(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

#define REAL [](const Call&, const double* x) -> double
#define WHOLE [](const Call&, const int64_t* x) -> int64_t

constexpr Tolerance exact = {0, 0};
constexpr Tolerance close = {2e-6, 1e-7};

// clang-format off
const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
  //          name          doc                                        n  types           meaning on reals, on integers                                   on vectors, on scalars, math
  {{}, "abs", "size without sign", 1, Types::number, REAL { return std::fabs(x[0]); }, WHOLE { return x[0] < 0 ? wrapped(-bits(x[0])) : x[0]; }, "vf_abs({0})", "({0} < 0 ? -{0} : {0})", -4, 4, exact, {}},
  {{}, "add", "a + b", 2, Types::number, REAL { return x[0] + x[1]; }, WHOLE { return wrapped(bits(x[0]) + bits(x[1])); }, "({0} + {1})", "({type})({0} + {1})", -4, 4, exact, {}},
  {{}, "affine", "x * scale + shift", 1, Types::real, [](const Call& c, const double* x) -> double { return x[0] * c.real("scale") + c.real("shift"); }, nullptr, "({0} * {scale} + {shift})", "", -4, 4, {1e-6, 1e-6}, {{"scale", 1.0, "factor"}, {"shift", 0.0, "added after the factor"}}},
  {{}, "and", "true where both are", 2, Types::logical, REAL { return x[0] != 0 && x[1] != 0; }, WHOLE { return x[0] != 0 && x[1] != 0; }, "", "({0} && {1})", 0, 1, exact, {}},
  {{}, "cast", "the same number as another type: integers cut reals toward zero, narrower reals round halves to even", 1, Types::convert, REAL { return x[0]; }, WHOLE { return x[0]; }, "", "", -4, 4, exact, {{"to", std::string("f32"), "element type of the result"}}},
  {{}, "ceil", "smallest whole number not below x", 1, Types::real, REAL { return std::ceil(x[0]); }, nullptr, "v_ceil({0})", "", -9, 9, exact, {}},
  {{}, "clamp", "x, but at least low and at most high, which wins", 1, Types::number, [](const Call& c, const double* x) -> double { return std::min(std::max(x[0], c.real("low")), c.real("high")); }, [](const Call& c, const int64_t* x) -> int64_t { const auto v = static_cast<double>(x[0]); const auto low = std::min(c.real("low"), c.real("high")); return v < low ? static_cast<int64_t>(low) : v > c.real("high") ? static_cast<int64_t>(c.real("high")) : x[0]; }, "vf_clamp({0}, {low}, {high})", "({0} < {low} ? {low} : {0} > {high} ? {high} : {0})", -4, 4, exact, {{"low", -infinity, "least result"}, {"high", infinity, "largest result"}}},
  {{}, "cos", "cosine of x in radians", 1, Types::real, REAL { return std::cos(x[0]); }, nullptr, "v_cos({0})", "", -30, 30, {0, 1e-6}, {}},
  {{}, "div", "a / b; integers are cut toward zero, and anything by 0 is 0 for them", 2, Types::number, REAL { return x[0] / x[1]; }, WHOLE { return quotient(x[0], x[1]); }, "({0} / {1})", "({type})({1} == 0 ? 0 : {1} == ({type})-1 && ({type})-1 < 0 ? -{0} : {0} / {1})", 0.25, 4, exact, {}},
  {{}, "equal", "true where a and b are equal", 2, Types::compare, REAL { return x[0] == x[1]; }, WHOLE { return x[0] == x[1]; }, "", "({0} == {1})", -2, 2, exact, {}},
  {{}, "erf", "Gauss error function", 1, Types::real, REAL { return std::erf(x[0]); }, nullptr, "v_erf({0})", "", -5, 5, {4e-6, 1e-6}, {}},
  {{}, "exp", "e to the power of x", 1, Types::real, REAL { return std::exp(x[0]); }, nullptr, "v_exp({0})", "", -20, 20, close, {}},
  {{}, "floor", "largest whole number not above x", 1, Types::real, REAL { return std::floor(x[0]); }, nullptr, "v_floor({0})", "", -9, 9, exact, {}},
  {{}, "floor_div", "a / b cut toward minus infinity; anything by 0 is 0", 2, Types::integer, nullptr, WHOLE { return floor_quotient(x[0], x[1]); }, "", "({type})({1} == 0 ? 0 : {1} == ({type})-1 && ({type})-1 < 0 ? -{0} : {0} / {1} - ({0} % {1} != 0 && ({0} < 0) != ({1} < 0)))", -20, 20, exact, {}},
  {{}, "less", "true where a < b", 2, Types::compare, REAL { return x[0] < x[1]; }, WHOLE { return x[0] < x[1]; }, "", "({0} < {1})", -2, 2, exact, {}},
  {{}, "less_equal", "true where a <= b", 2, Types::compare, REAL { return x[0] <= x[1]; }, WHOLE { return x[0] <= x[1]; }, "", "({0} <= {1})", -2, 2, exact, {}},
  {{}, "log", "natural logarithm", 1, Types::real, REAL { return std::log(x[0]); }, nullptr, "v_log({0})", "", 1e-3, 100, {2e-6, 1e-6}, {}},
  {{}, "max", "the larger of a and b; NaN where either is", 2, Types::number, REAL { return std::isnan(x[0]) || x[0] > x[1] ? x[0] : x[1]; }, WHOLE { return std::max(x[0], x[1]); }, "v_select(({0} > {1}) | ({0} != {0}), {0}, {1})", "({0} < {1} ? {1} : {0})", -4, 4, exact, {}},
  {{}, "min", "the smaller of a and b; NaN where either is", 2, Types::number, REAL { return std::isnan(x[0]) || x[0] < x[1] ? x[0] : x[1]; }, WHOLE { return std::min(x[0], x[1]); }, "v_select(({0} < {1}) | ({0} != {0}), {0}, {1})", "({1} < {0} ? {1} : {0})", -4, 4, exact, {}},
  {{}, "mod", "rest of a / b, with the sign of a; anything by 0 is 0", 2, Types::integer, nullptr, WHOLE { return rest(x[0], x[1]); }, "", "({type})({1} == 0 || ({1} == ({type})-1 && ({type})-1 < 0) ? 0 : {0} % {1})", -20, 20, exact, {}},
  {{}, "mul", "a * b", 2, Types::number, REAL { return x[0] * x[1]; }, WHOLE { return wrapped(bits(x[0]) * bits(x[1])); }, "({0} * {1})", "({type})({0} * {1})", -4, 4, exact, {}},
  {{}, "neg", "-x", 1, Types::number, REAL { return -x[0]; }, WHOLE { return wrapped(-bits(x[0])); }, "(-{0})", "({type})(-{0})", -4, 4, exact, {}},
  {{}, "not", "true where x is not", 1, Types::logical, REAL { return x[0] == 0; }, WHOLE { return x[0] == 0; }, "", "(!{0})", 0, 1, exact, {}},
  {{}, "or", "true where either is", 2, Types::logical, REAL { return x[0] != 0 || x[1] != 0; }, WHOLE { return x[0] != 0 || x[1] != 0; }, "", "({0} || {1})", 0, 1, exact, {}},
  {{}, "pow", "a to the power of b", 2, Types::real, REAL { return std::pow(x[0], x[1]); }, nullptr, "v_pow({0}, {1})", "", 0.1, 4, {2e-5, 1e-6}, {}},
  {{}, "prelu", "x where it is not negative, else x * slope", 2, Types::real, REAL { return x[0] < 0 ? x[0] * x[1] : x[0]; }, nullptr, "v_select({0} < 0.0f, {0} * {1}, {0})", "", -4, 4, exact, {}},
  {{}, "round", "nearest whole number, halves to the even one", 1, Types::real, REAL { return std::nearbyint(x[0]); }, nullptr, "v_round({0})", "", -9, 9, exact, {}},
  {{}, "rsqrt", "1 / square root of x", 1, Types::real, REAL { return 1 / std::sqrt(x[0]); }, nullptr, "v_rsqrt({0})", "", 1e-3, 100, close, {}},
  {{}, "select", "b where a is true, else c", 3, Types::choose, REAL { return x[0] != 0 ? x[1] : x[2]; }, WHOLE { return x[0] != 0 ? x[1] : x[2]; }, "", "({0} ? {1} : {2})", -4, 4, exact, {}},
  {{}, "sigmoid", "1 / (1 + exp(-x))", 1, Types::real, REAL { return 1 / (1 + std::exp(-x[0])); }, nullptr, "v_sigmoid({0})", "", -20, 20, {4e-6, 1e-7}, {}},
  {{}, "sign", "-1, 0 or 1", 1, Types::number, REAL { return (x[0] > 0) - (x[0] < 0); }, WHOLE { return (x[0] > 0) - (x[0] < 0); }, "", "({type})(({0} > 0) - ({0} < 0))", -2, 2, exact, {}},
  {{}, "silu", "x / (1 + exp(-x))", 1, Types::real, REAL { return x[0] / (1 + std::exp(-x[0])); }, nullptr, "v_silu({0})", "", -20, 20, {4e-6, 1e-7}, {}},
  {{}, "sin", "sine of x in radians", 1, Types::real, REAL { return std::sin(x[0]); }, nullptr, "v_sin({0})", "", -30, 30, {0, 1e-6}, {}},
  {{}, "sqrt", "square root", 1, Types::real, REAL { return std::sqrt(x[0]); }, nullptr, "v_sqrt({0})", "", 0, 100, close, {}},
  {{}, "sub", "a - b", 2, Types::number, REAL { return x[0] - x[1]; }, WHOLE { return wrapped(bits(x[0]) - bits(x[1])); }, "({0} - {1})", "({type})({0} - {1})", -4, 4, exact, {}},
  {{}, "tanh", "hyperbolic tangent", 1, Types::real, REAL { return std::tanh(x[0]); }, nullptr, "v_tanh({0})", "", -12, 12, {4e-6, 1e-7}, {}},
  {{}, "xor", "true where exactly one is", 2, Types::logical, REAL { return (x[0] != 0) != (x[1] != 0); }, WHOLE { return (x[0] != 0) != (x[1] != 0); }, "", "(!{0} != !{1})", 0, 1, exact, {}},
  };
  return table;
}
// clang-format on

#undef REAL
#undef WHOLE

// Templates of kernels/math that hold the functions of the same name.
std::string_view math_of(std::string_view name) {
  struct Pair {
    std::string_view op, text;
  };
  static constexpr Pair pairs[] = {
      {"exp", "math/exp"},      {"log", "math/log"},    {"sigmoid", "math/sigmoid"},
      {"silu", "math/sigmoid"}, {"tanh", "math/tanh"},  {"erf", "math/erf"},
      {"sin", "math/sin"},      {"cos", "math/sin"},    {"pow", "math/pow"},
      {"rsqrt", "math/sqrt"},   {"sqrt", "math/sqrt"},  {"floor", "math/round"},
      {"ceil", "math/round"},   {"round", "math/round"}};
  for (const auto& pair : pairs)
    if (pair.op == name) return pair.text;
  return {};
}

// Operands that are bf16 are widened.
DType computed_type(DType type) { return type == DType::bf16 ? DType::f32 : type; }

Result<> same_types(const Call& call, size_t from) {
  const bool widens = row_of(call).types == Types::real || row_of(call).types == Types::number;
  const auto type_of = [&](const Type& type) {
    return widens ? computed_type(type.dtype) : type.dtype;
  };
  for (size_t i = from + 1; i < call.in.size(); ++i)
    if (type_of(call.in[i]) != type_of(call.in[from]))
      return fail(Code::invalid, "operands have different types: {} and {}", print(call.in[from]),
                  print(call.in[i]));
  return {};
}

Result<DType> result_type(const Call& call) {
  const auto& row = row_of(call);
  const auto first = call.in[row.types == Types::choose ? 1 : 0].dtype;
  TRY(same_types(call, row.types == Types::choose ? 1 : 0));
  const auto refuse = [&](std::string_view wanted) {
    return fail(Code::unsupported, "x is {}, wanted: {}", print(call.in[0]), wanted);
  };
  const auto wide = computed_type(first);
  const bool number = first == DType::f32 || (!is_float(first) && first != DType::boolean);
  switch (row.types) {
    case Types::real:
      if (wide != DType::f32) return refuse("f32 or bf16");
      return wide;
    case Types::number:
      if (!number && wide != DType::f32) return refuse("f32, bf16 or integers");
      return wide;
    case Types::integer:
      if (!number || is_float(first)) return refuse("integers");
      return first;
    case Types::logical:
      if (first != DType::boolean) return refuse("bool");
      return first;
    case Types::compare:
      if (!number && first != DType::boolean) return refuse("f32, integers or bool");
      return DType::boolean;
    case Types::choose:
      if (call.in[0].dtype != DType::boolean) return refuse("bool");
      if (!number && first != DType::boolean) return refuse("f32, integers or bool");
      return first;
    case Types::convert: {
      const auto to = parse_dtype(call.text("to"));
      if (!to) return fail(Code::invalid, "to=\"{}\" is not an element type", call.text("to"));
      return *to;
    }
  }
  __builtin_unreachable();
}

Result<std::vector<Type>> infer(const Call& call) {
  const auto dtype = TRY(result_type(call));
  Shape shape = call.in[0].shape;
  for (const auto& type : call.in) shape = TRY(broadcast(shape, type.shape));
  return std::vector<Type>{{dtype, shape}};
}

// Index of each operand's element for element `i` of the result.
int64_t element_of(const Shape& operand, const Shape& out, int64_t i) {
  int64_t index = 0;
  int64_t step = 1;
  for (size_t d = 0; d < operand.size(); ++d) {
    const auto extent = out[out.size() - 1 - d];
    const auto own = operand[operand.size() - 1 - d];
    if (own != 1) index += (i % extent) * step;
    step *= own;
    i /= extent;
  }
  return index;
}

void eval(const Call& call, std::span<const Tensor> in, std::span<Tensor> out) {
  const auto& row = row_of(call);
  const auto wide = in.back().dtype();  // of the operands that carry numbers
  const bool whole = !is_float(wide) && !is_float(out[0].dtype()) && row.whole;
  for (int64_t i = 0; i < out[0].size(); ++i) {
    double reals[3] = {};
    int64_t wholes[3] = {};
    for (size_t k = 0; k < in.size(); ++k) {
      const auto at = element_of(in[k].shape(), out[0].shape(), i);
      if (whole)
        wholes[k] = in[k].integer_at(at);
      else
        reals[k] = in[k].real_at(at);
    }
    if (whole)
      out[0].set_integer(i, row.whole(call, wholes));
    else
      out[0].set_real(i, row.real(call, reals));
  }
}

// An attribute as a literal of the result's type; reals outside an integer type become its ends.
std::string literal(double value, DType type) {
  if (is_float(type)) return c_float(static_cast<float>(value));
  const int bytes = static_cast<int>(size_of(type));
  const double high = std::ldexp(1.0, bytes * 8 - (is_signed(type) ? 1 : 0));
  const double low = is_signed(type) ? -high : 0;
  if (value <= low) return c_integer(bytes == 8 && low < 0 ? INT64_MIN : static_cast<int64_t>(low));
  if (value >= high && bytes == 8) return is_signed(type) ? c_integer(INT64_MAX) : "UINT64_MAX";
  if (value >= high) return c_integer(static_cast<int64_t>(high - 1));
  return c_integer(static_cast<int64_t>(value));
}

std::string filled(const Call& call, std::string_view text, std::span<const std::string> x) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      result += text[i];
      continue;
    }
    const auto end = text.find('}', i);
    const auto key = text.substr(i + 1, end - i - 1);
    i = end;
    if (key == "type") {
      result += c_type(call.out[0].dtype);
    } else if (key[0] >= '0' && key[0] <= '9') {
      result += x[static_cast<size_t>(key[0] - '0')];
    } else if (key == "low") {  // a limit above the other one is the other one
      result += literal(std::min(call.real("low"), call.real("high")), call.out[0].dtype);
    } else {
      result += literal(call.real(key), call.out[0].dtype);
    }
  }
  return result;
}

std::string vector_form(const Call& call, std::span<const std::string> x) {
  return filled(call, row_of(call).vector_text, x);
}

std::string scalar_form(const Call& call, std::span<const std::string> x) {
  return filled(call, row_of(call).scalar_text, x);
}

// Reals of 16 bits are vectors of f32 that such a type can hold.
std::string cast_vector_form(const Call& call, std::span<const std::string> x) {
  return call.out[0].dtype == DType::bf16 ? fmt::format("vf_rounded_bf16({})", x[0]) : x[0];
}

std::string cast_form(const Call& call, std::span<const std::string> x) {
  if (call.out[0].dtype == DType::bf16) return fmt::format("bf16_of_f32((float){})", x[0]);
  if (call.out[0].dtype == DType::boolean) return fmt::format("({} != 0)", x[0]);
  return fmt::format("(({}){})", c_type(call.out[0].dtype), x[0]);
}

void emit(const Call& call, CWriter& c) {
  const auto& forms = *call.op->elementwise;
  c.need(forms.math);
  ElementBody vector_body;
  if (forms.vector) vector_body = [&](CWriter&, auto x) { return forms.vector(call, x); };
  emit_elements(c, call.in, call.out[0], vector_body,
                [&](CWriter&, auto x) { return forms.scalar(call, x); });
}

Shape random_shape(std::mt19937& rng) {
  Shape shape(rng() % 5);
  for (auto& extent : shape) extent = 1 + rng() % 5;
  if (rng() % 3 == 0 && !shape.empty()) shape.back() = 1 + rng() % 70;
  return shape;
}

// The shape with some leading dimensions dropped and some extents made 1.
Shape thinned(Shape shape, std::mt19937& rng) {
  for (auto& extent : shape)
    if (rng() % 4 == 0) extent = 1;
  if (!shape.empty() && rng() % 4 == 0) shape.erase(shape.begin());
  return shape;
}

DType random_type(Types types, std::mt19937& rng) {
  static constexpr DType whole[] = {DType::i8, DType::u8, DType::i32, DType::i64};
  if (types == Types::convert && rng() % 4 == 0) return rng() % 2 ? DType::bf16 : DType::f16;
  if (types == Types::real) return DType::f32;
  if (types == Types::logical) return DType::boolean;
  if (types == Types::integer) return whole[rng() % 4];
  return rng() % 2 ? DType::f32 : whole[rng() % 4];
}

Sample sample(const Row& row, std::mt19937& rng) {
  Sample drawn;
  const auto shape = random_shape(rng);
  const auto type = random_type(row.types, rng);
  const bool widens = row.types == Types::real || row.types == Types::number;
  for (int i = 0; i < row.arity; ++i) {
    const auto own = i == 0 && row.types == Types::choose             ? DType::boolean
                     : widens && type == DType::f32 && rng() % 4 == 0 ? DType::bf16
                                                                      : type;
    drawn.in.push_back({own, rng() % 2 ? shape : thinned(shape, rng)});
  }
  drawn.low = is_float(type) ? row.low : std::min(row.low * 10, -row.high * 10);
  drawn.high = is_float(type) ? row.high : row.high * 10;
  for (const auto& def : row.attrs) {
    if (def.name == "to") {
      static constexpr std::string_view names[] = {"f32", "bf16", "i8", "i32", "i64", "bool"};
      drawn.attrs["to"] = std::string(names[rng() % 6]);
    } else {
      drawn.attrs[std::string(def.name)] =
          static_cast<double>(rng() % 5) - (def.name == "low" ? 5 : 0);
    }
  }
  return drawn;
}

}  // namespace

std::span<const OpDef> elementwise_ops() {
  static std::vector<Row> forms = rows();
  static const auto table = [] {
    std::vector<OpDef> ops;
    for (auto& row : forms) {
      row.math = math_of(row.name);
      if (!row.vector_text.empty()) row.vector = vector_form;
      if (row.types == Types::convert) row.vector = cast_vector_form;
      if (row.types != Types::real)
        row.scalar = row.types == Types::convert ? cast_form : scalar_form;
      ops.push_back({.name = row.name,
                     .doc = row.doc,
                     .arity = row.arity,
                     .attrs = row.attrs,
                     .infer = infer,
                     .eval = eval,
                     .emit = emit,
                     .sample = [&row](std::mt19937& rng) { return sample(row, rng); },
                     .tolerance = row.tolerance,
                     .elementwise = &row});
    }
    return ops;
  }();
  return table;
}

}  // namespace turnstone
