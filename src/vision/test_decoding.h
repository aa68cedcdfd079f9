// What tests of decoders share.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "vision/decoder.h"

namespace turnstone::testing_tools {

// An output that owns what it shows.
template <class Element>
struct Output {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  std::vector<Element> values;
  std::optional<Quantisation> quantisation = {};
  OutputView view() const { return {name, dtype, shape, values.data(), quantisation}; }
};
// The usual one.
using Floats = Output<float>;

// A classification with these labels.
inline Model classifier(std::vector<std::string> labels) {
  Model model;
  model.task = Task::classification;
  model.labels = std::move(labels);
  return model;
}

// What the model's decoder makes of the outputs; an empty scene and a failed test where it fails.
inline Scene decode(const Model& model, std::vector<OutputView> outputs, int batch_index = 0,
                    const Geometry& geometry = {}) {
  const auto decoder = make_decoder(model);
  EXPECT_TRUE(decoder) << decoder.error().text;
  const auto scene = (*decoder)->decode(outputs, batch_index, geometry);
  EXPECT_TRUE(scene) << scene.error().text;
  return scene ? *scene : Scene{};
}

}  // namespace turnstone::testing_tools
