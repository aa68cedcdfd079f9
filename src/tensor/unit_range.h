// Which integers are scores or probabilities by their range alone.
#pragma once

#include "tensor/dtype.h"
#include "tensor/quantisation.h"

namespace turnstone {

// True when the integers of the type stand for nothing outside 0..1, as those behind a softmax do.
// Of `i16`, which is always symmetric, only those that are not negative count.
bool spans_unit(const Quantisation& quantisation, DType type);

}  // namespace turnstone
