// What foreign operators of several formats mean, wired from core operators once. The formats' own
// files read operands and attributes.
#pragma once

#include <vector>

#include "exchange/fold.h"

namespace turnstone {

// x * (1 + erf(x / sqrt 2)) / 2, or its approximation with tanh.
Value gelu(Fold& g, Value x, bool approximate);

// x * clamp(x / 6 + 0.5, 0, 1)
Value hard_swish(Fold& g, Value x);

// max(x, 0) + alpha * (exp(min(x, 0) * inner) - 1)
Value elu(Fold& g, Value x, double alpha = 1, double inner = 1);

// x - max - log(sum(exp(x - max))) along one dimension, counted from the end when negative.
Value log_softmax(Fold& g, Value x, int64_t axis);

// x as numbers of its type in reverse order: the smallest is the largest. Never leaves the type.
Value reversed(Fold& g, Value x);

// x repeated `times[d]` times along each dimension. Errors: invalid when there is not one number
// for each dimension, one is negative, or the result is too large; unsupported when the dimensions
// that repeat are too many.
Result<Value> tile(Fold& g, Value x, const std::vector<int64_t>& times);

// start, start + step, ... before limit: a constant of start's type. Errors: unsupported when one
// of the three is not a number known while importing, invalid when the step is 0 or the list is
// too long.
Result<Value> range(Fold& g, Value start, Value limit, Value step);

}  // namespace turnstone
