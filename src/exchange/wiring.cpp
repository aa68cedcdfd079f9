#include "exchange/wiring.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace turnstone {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int64_t most_times = int64_t{1} << 32;
constexpr int64_t most_range = 1 << 24;

}  // namespace

Value gelu(Fold& g, Value x, bool approximate) {
  if (!approximate) {
    const auto gate = g.call("erf", {g.affine(x, std::sqrt(0.5), 0)});
    return g.call("mul", {x, g.affine(gate, 0.5, 0.5)});
  }
  const auto cube = g.call("mul", {g.call("mul", {x, x}), x});
  const auto inner = g.call("add", {x, g.affine(cube, 0.044715, 0)});
  const auto gate = g.call("tanh", {g.affine(inner, std::sqrt(2 / M_PI), 0)});
  return g.call("mul", {x, g.affine(gate, 0.5, 0.5)});
}

Value hard_swish(Fold& g, Value x) {
  return g.call("mul", {x, g.clamp(g.affine(x, 1.0 / 6, 0.5), 0, 1)});
}

Value elu(Fold& g, Value x, double alpha, double inner) {
  const auto below = g.call("exp", {g.affine(g.clamp(x, -infinity, 0), inner, 0)});
  return g.call("add", {g.clamp(x, 0, infinity), g.affine(below, alpha, -alpha)});
}

Value log_softmax(Fold& g, Value x, int64_t axis) {
  const Attributes along = {{"axes", std::vector<int64_t>{axis}}};
  const auto low = g.call("sub", {x, g.call("reduce_max", {x}, along)});
  const auto sum = g.call("reduce_sum", {g.call("exp", {low})}, along);
  return g.call("sub", {low, g.call("log", {sum})});
}

// All bits set, minus x: -1 - x of signed integers.
Value reversed(Fold& g, Value x) {
  const auto type = g.type(x).dtype;
  if (is_float(type)) return g.call("neg", {x});
  Tensor all_bits(type, {});
  all_bits.set_integer(0, -1);
  return g.call("sub", {g.constant(std::move(all_bits)), x});
}

// Each dimension that repeats is preceded by one of extent 1, which is repeated and merged.
Result<Value> tile(Fold& g, Value x, const std::vector<int64_t>& times) {
  const auto shape = g.shape(x);
  if (times.size() != shape.size())
    return fail(Code::invalid, "{} numbers of repeats are given for x: {}", times.size(),
                print(shape));
  Shape single;
  Shape repeated;
  Shape whole;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (times[d] < 0 || times[d] > most_times)
      return fail(Code::invalid, "{} repeats are outside [0, {}]", times[d], most_times);
    if (times[d] != 1) single.push_back(1), repeated.push_back(times[d]);
    single.push_back(shape[d]), repeated.push_back(shape[d]);
    whole.push_back(TRY(checked_count({shape[d], times[d]})));
  }
  if (single.size() == shape.size()) return x;
  if (single.size() > most_rank)
    return fail(Code::unsupported, "x: {} is repeated along too many dimensions", print(shape));
  TRY(checked_count(whole), "the result");
  return g.reshape(g.call("broadcast", {g.reshape(x, single)}, {{"shape", repeated}}), whole);
}

Result<Value> range(Fold& g, Value start, Value limit, Value step) {
  const Tensor* ends[] = {g.known(start), g.known(limit), g.known(step)};
  for (size_t i = 0; i < 3; ++i)
    if (!ends[i] || ends[i]->size() != 1)
      return fail(Code::unsupported, "operand {} is no number known while importing", i);
  const double first = ends[0]->real_at(0);
  const double last = ends[1]->real_at(0);
  const double by = ends[2]->real_at(0);
  if (by == 0) return fail(Code::invalid, "the step is 0, legal: any other number");
  const double size = std::max(std::ceil((last - first) / by), 0.0);
  if (!(size <= most_range))
    return fail(Code::invalid, "the range from {} to {} by {} has more than {} elements", first,
                last, by, most_range);
  Tensor list(ends[0]->dtype(), {static_cast<int64_t>(size)});
  for (int64_t i = 0; i < list.size(); ++i) {
    // Whole numbers of 64 bits exactly: without sign, as the step times i may leave their range.
    const auto sum = static_cast<uint64_t>(ends[0]->integer_at(0)) +
                     static_cast<uint64_t>(i) * static_cast<uint64_t>(ends[2]->integer_at(0));
    if (is_float(list.dtype()))
      list.set_real(i, first + static_cast<double>(i) * by);
    else
      list.set_integer(i, static_cast<int64_t>(sum));
  }
  return g.constant(std::move(list));
}

}  // namespace turnstone
