#include "exchange/onnx/families.h"

namespace turnstone {
namespace {

// alpha * a * b + beta * c, with a and b turned where asked
Result<Values> gemm(Node& n, Fold& g) {
  TRY(n.arity(2, 3));
  auto a = n.in(0);
  auto b = n.in(1);
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return fail(Code::invalid, "a is {} and b is {}, wanted: matrices", print(n.shape(0)),
                print(n.shape(1)));
  if (TRY(n.flag("transA", false))) a = g.transpose(a, {1, 0});
  if (TRY(n.flag("transB", false))) b = g.transpose(b, {1, 0});
  const auto alpha = TRY(n.real("alpha", 1));
  const auto beta = TRY(n.real("beta", 1));
  const auto y = g.affine(g.call("matmul", {a, b}), alpha, 0);
  return n.has(2) ? g.call("add", {y, g.affine(n.in(2), beta, 0)}) : y;
}

// NumPy's matmul: a vector on the left is a row, on the right a column, and that dimension goes.
Result<Values> product(Node& n, Fold& g, Value a, Value b) {
  const bool row = n.rank(0) == 1;
  const bool column = n.rank(1) == 1;
  if (row) a = g.reshape(a, {1, n.shape(0)[0]});
  if (column) b = g.reshape(b, {n.shape(1)[0], 1});
  const auto y = g.call("matmul", {a, b});
  auto shape = g.shape(y);
  if (!y || (!row && !column)) return y;
  if (column) shape.pop_back();
  if (row) shape.erase(shape.end() - (column ? 1 : 2));
  return g.reshape(y, shape);
}

Result<Values> matmul(Node& n, Fold& g) {
  TRY(n.arity(2, 2));
  return product(n, g, n.in(0), n.in(1));
}

// Whether the product is a convolution of one tap: of bytes with a constant matrix, each with one
// zero.
bool is_convolution(const Node& n, const Fold& g) {
  const auto is_plain = [&](size_t i, size_t zero) {
    if (!is_byte(g.type(n.in(i)).dtype)) return false;
    return !n.has(zero) || (g.known(n.in(zero)) && count(n.shape(zero)) == 1);
  };
  return n.rank(0) >= 2 && n.rank(1) == 2 && g.known(n.in(1)) && count(n.shape(1)) > 0 &&
         n.shape(0).back() == n.shape(1)[0] && is_plain(0, 2) && is_plain(1, 3);
}

Result<Value> product_by_convolution(Node& n, Fold& g) {
  auto shape = n.shape(0);
  const auto depth = shape.back();
  const auto columns = n.shape(1)[1];
  const auto x = g.reshape(n.in(0), {1, 1, count(shape) / depth, depth});
  const auto w = g.reshape(g.transpose(n.in(1), {1, 0}), {columns, 1, 1, depth});
  const auto y = g.call("conv", {x, w},
                        {{"x_zero", TRY(n.known_zero(2, "a_zero_point"))},
                         {"w_zero", TRY(n.known_zero(3, "b_zero_point"))}});
  shape.back() = columns;
  return g.reshape(y, shape);
}

// x - zero in 32 bits; zeros of a list are for each index of the dimension `from_end`.
Result<Value> less_zero(Node& n, Fold& g, size_t i, size_t zero, size_t from_end) {
  const auto x = g.cast(n.in(i), DType::i32);
  if (!n.has(zero)) return x;
  auto shape = n.shape(zero);
  if (shape.size() == 1) shape.resize(from_end, 1);
  return g.call("sub", {x, g.reshape(g.cast(n.in(zero), DType::i32), shape)});
}

// Sums of integers, less their zeros, as i32.
Result<Values> matmul_integer(Node& n, Fold& g) {
  TRY(n.arity(2, 4));
  for (size_t i = 0; i < 2; ++i)
    if (!is_byte(g.type(n.in(i)).dtype))
      return fail(Code::invalid, "operand {} is {}, wanted: i8 or u8", i, print(g.type(n.in(i))));
  if (is_convolution(n, g)) return TRY(product_by_convolution(n, g));
  return product(n, g, TRY(less_zero(n, g, 0, 2, 2)), TRY(less_zero(n, g, 1, 3, 1)));
}

constexpr OnnxImport rows[] = {
    {"Gemm", oldest, newest, gemm},
    {"MatMul", oldest, newest, matmul},
    {"MatMulInteger", 10, newest, matmul_integer},
};

}  // namespace

std::span<const OnnxImport> matrices() { return rows; }

}  // namespace turnstone
