// Reals of 16 bits as operands: they are widened to f32 before anything is computed with them.
#pragma once

#include <string>
#include <string_view>

#include "ir/type.h"

namespace turnstone {

// f16 and bf16.
inline bool is_narrow(DType type) { return type == DType::f16 || type == DType::bf16; }

// The same numbers as f32; the tensor itself when it is f32 already.
Tensor widened(const Tensor& tensor);

// The numbers as `type`, each rounded to the nearest, halves to even.
Tensor narrowed(const Tensor& tensor, DType type);

// C text of an element that is f32, f16 or bf16, as a float.
std::string widened_text(DType type, std::string_view element);

// A graph may hold narrow reals where they are stored, moved, widened or rounded; this tells the
// operators that do no more. Others take them for the bits that they are.
bool takes_narrow(std::string_view op);

}  // namespace turnstone
