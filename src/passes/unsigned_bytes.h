// Bytes without a sign, for processors that multiply those with bytes with one: x86.
#pragma once

#include "ir/graph.h"

namespace turnstone {

// The graph whose values of i8 between calls are u8, 128 larger, where all who make and read them
// can do with that: zeros, limits and tables move along. Weights, inputs and outputs stay as they
// are, and so does every result. vpmaddubsw and vpdpbusd take an operand without a sign; what has
// one would be flipped each time it is read. Errors: only what verify says of the result, which
// would be a mistake of this file.
Result<Graph> with_unsigned_bytes(const Graph& graph);

}  // namespace turnstone
