// The tables of ONNX operators, one for each family's file.
#pragma once

#include <span>

#include "exchange/onnx/node.h"

namespace turnstone {

std::span<const OnnxImport> activations();
std::span<const OnnxImport> arithmetic();
std::span<const OnnxImport> constants();
std::span<const OnnxImport> convolutions();
std::span<const OnnxImport> indexing();
std::span<const OnnxImport> matrices();
std::span<const OnnxImport> normalisations();
std::span<const OnnxImport> pools();
std::span<const OnnxImport> quantised();
std::span<const OnnxImport> reductions();
std::span<const OnnxImport> resizing();
std::span<const OnnxImport> shapes();

// Null when no row has the operator in that opset of ONNX's own operators.
const OnnxImport* find_import(std::string_view domain, std::string_view name, int64_t opset);

}  // namespace turnstone
