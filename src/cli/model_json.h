// model.json for a model that is being compiled: what its file says, and what the user says beside.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "exchange/model.h"
#include "vision/model_info.h"

namespace turnstone {

// What the user decides on the command line; empty texts leave what the file says.
struct ModelOptions {
  std::string labels;      // file
  std::string preprocess;  // SPEC, for the first input that is a picture
  std::string decoder;     // SPEC
};

// `graph` is the optimised graph of `imported`, with the same inputs and outputs. Errors: those of
// the specs and of the text in the file's metadata; invalid when a spec does not fit the model,
// when the decoder cannot read the outputs, or when there are not as many labels as classes. Of
// several outputs the one with a value for each label holds the classes; where that is none or not
// one alone, no output gets a role.
Result<Model> make_model(const ImportedModel& imported, const Graph& graph, std::string name,
                         const ModelOptions& options);

// What a user of the package will miss, one clause each with the option that mends it: how pictures
// become the input, what the outputs mean, what the decoder lacks to read those of `graph`.
std::vector<std::string> missing_settings(const Model& model, const Graph& graph);

// Which weights of convolutions and matrix products hold infinities or NaNs, one clause each.
std::vector<std::string> wild_weights(const Graph& graph);

// Which of them are all so small that f16 holds them with fewer digits than others, one clause
// each.
std::vector<std::string> faint_weights(const Graph& graph);

}  // namespace turnstone
