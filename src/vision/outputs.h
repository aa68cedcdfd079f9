// Finding and reading a model's outputs: what the decoders share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "vision/decoder.h"
#include "vision/model_info.h"

namespace turnstone {

// "scores f32[1,2], boxes f32[1,896,16]", for messages.
std::string describe(std::span<const OutputView> outputs);

// What the model says the output means; "" when it says nothing.
std::string_view role_of(const Model& model, const OutputView& output);

// Elements of one picture, dequantised. Errors: invalid when the output holds no such picture.
Result<std::vector<float>> values_of(const OutputView& output, int batch_index);

// The same without a copy where there is nothing to convert: into `buffer`, or the output itself.
// Lives as long as both.
Result<std::span<const float>> numbers_of(const OutputView& output, int batch_index,
                                          std::vector<float>& buffer);

// The output that holds the classes of the picture: by role (class_scores, class_logits), the only
// one, or the only one with as many values as there are labels. Errors: invalid when it cannot be
// told, or holds another number of classes than there are labels.
Result<const OutputView*> find_classes(const Model& model, std::span<const OutputView> outputs);

// Falling by score, equal ones in the order of the labels, at most `most`; without those that are
// no number.
std::vector<Classification> best_classes(std::vector<Classification> classes, int most);

// The first output with one of the roles, or nullptr.
const OutputView* find_role(const Model& model, std::span<const OutputView> outputs,
                            std::span<const std::string_view> roles);

// In place, over groups of `size` values. Sums in double.
void apply_softmax(std::span<float> values, size_t size);
float sigmoid(float value);

}  // namespace turnstone
