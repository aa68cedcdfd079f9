// Foreign models in: what every importer returns, and the choice of the importer by content.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace turnstone {

// What a user decides where the file leaves it open.
struct ImportOptions {
  // Shapes of inputs, by name; they bind symbolic extents and must agree with fixed ones.
  std::map<std::string, Shape, std::less<>> shapes = {};

  // Binds a symbolic first extent of an input that `shapes` does not name.
  int64_t batch = 1;

  // Most elements of constants that are computed while importing, so that a small hostile file
  // cannot ask for a large memory.
  int64_t most_folded = int64_t{1} << 28;

  // Computes in f32 what the file computes in integers that stand for real numbers (TFLite): the
  // weights' real values, results kept within what the integers could hold. Inputs and outputs
  // become f32.
  bool as_float = false;

  // Name of a value inside the model that becomes its only output; "": the model's own outputs.
  std::string tap = {};
};

// A model of core operators, and what else its file says.
struct ImportedModel {
  Graph graph;
  std::string name = {};

  // One for each input and output of the graph: "NCHW" or "NHWC" for pictures, else "".
  std::vector<std::string> input_layouts = {};
  std::vector<std::string> output_layouts = {};

  // Results of the file's operators, in their order, under the file's names: what `tap` may name.
  std::vector<Port> values = {};

  // With as_float, one for each input: how the file's integers stood for real numbers.
  // `not_quantised` for an input that was real.
  struct Stored {
    DType dtype = DType::f32;
    Quantisation quantisation = not_quantised;
  };
  std::vector<Stored> stored_inputs = {};

  // What the file says about itself by key; "turnstone.model" holds the text of model.json.
  std::map<std::string, std::string> metadata = {};

  // What a user should know, one clause each: weights whose precision was lowered and the like.
  std::vector<std::string> notes = {};
};

// Key of `metadata` that holds the text of model.json.
inline constexpr std::string_view model_json_key = "turnstone.model";

// Reads an ONNX or TFLite file, chosen by its content. Errors: missing and unavailable as
// read_text; invalid; unsupported, with the complete list of operators that we lack. Texts begin
// with the file's name.
Result<ImportedModel> import_model(const std::filesystem::path& path,
                                   const ImportOptions& options = {});

// The same on the content of a file that is called `name`. The model is named after the file, since
// exporters write names such as "main_graph" into it.
Result<ImportedModel> import_model_bytes(std::string_view bytes, std::string_view name,
                                         const ImportOptions& options = {});

// "NCHW" or "NHWC" for a rank-4 tensor that looks like pictures of 1 to 4 channels, else
// `otherwise`; "" for other ranks.
std::string picture_layout(const Shape& shape, std::string_view otherwise);

}  // namespace turnstone
