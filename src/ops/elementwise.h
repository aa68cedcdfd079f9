// Operators that make each element of the result from the elements at the same place in the
// operands, which are repeated to a common shape (NumPy's broadcasting).
#pragma once

#include <functional>
#include <span>

#include "emit/c_writer.h"
#include "ir/op.h"

namespace turnstone {

// One OpDef for each row of the table in elementwise.cpp.
std::span<const OpDef> elementwise_ops();

// Loops over all elements of `out`, reading operands of types `in` at in0, in1, ...; used by the
// operators' emit and by code for chains of elementwise calls. `vector_body` receives the names of
// vf variables and returns the expression to store, `scalar_body` the same on C scalars; the first
// is used when it is not null, every operand is f32, f16 or bf16, and the result f32 or bf16; such
// operands are widened for both.
using ElementBody = std::function<std::string(CWriter&, std::span<const std::string>)>;
void emit_elements(CWriter& c, std::span<const Type> in, const Type& out,
                   const ElementBody& vector_body, const ElementBody& scalar_body);

}  // namespace turnstone
