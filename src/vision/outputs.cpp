#include "vision/outputs.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "tensor/tensor.h"

namespace turnstone {

std::string describe(std::span<const OutputView> outputs) {
  std::vector<std::string> parts;
  for (const auto& output : outputs)
    parts.push_back(fmt::format("{} {}{}", printable(output.name, 60), print(output.dtype),
                                print(Shape(output.shape.begin(), output.shape.end()))));
  return join(parts, ", ");
}

std::string_view role_of(const Model& model, const OutputView& output) {
  for (const auto& known : model.outputs)
    if (known.name == output.name) return known.role;
  return "";
}

namespace {

// Values of one picture. Errors: invalid when the output holds no such picture.
Result<int64_t> count_of(const OutputView& output, int batch_index) {
  if (output.shape.empty() || batch_index < 0 || batch_index >= output.shape[0])
    return fail(Code::invalid, "output {} holds no picture {}", describe({&output, 1}),
                batch_index);
  return values_per_picture(output.shape);
}

}  // namespace

Result<std::span<const float>> numbers_of(const OutputView& output, int batch_index,
                                          std::vector<float>& buffer) {
  const auto count = TRY(count_of(output, batch_index));
  if (output.dtype == DType::f32)
    return std::span(static_cast<const float*>(output.data) + count * batch_index,
                     static_cast<size_t>(count));
  buffer.resize(static_cast<size_t>(count));
  const auto quantisation = output.quantisation.value_or(Quantisation{});
  visit_type(output.dtype, [&](auto tag) {
    using Element = decltype(tag);
    const auto* from = static_cast<const Element*>(output.data) + count * batch_index;
    for (int64_t i = 0; i < count; ++i) {
      if constexpr (std::is_integral_v<Element>)
        buffer[i] =
            static_cast<float>(quantisation.scale * (static_cast<double>(from[i]) -
                                                     static_cast<double>(quantisation.zero)));
      else
        buffer[i] = static_cast<float>(from[i]);
    }
  });
  return std::span<const float>(buffer);
}

Result<std::vector<float>> values_of(const OutputView& output, int batch_index) {
  std::vector<float> buffer;
  const auto numbers = TRY(numbers_of(output, batch_index, buffer));
  if (buffer.empty()) buffer.assign(numbers.begin(), numbers.end());
  return buffer;
}

Result<const OutputView*> find_classes(const Model& model, std::span<const OutputView> outputs) {
  constexpr std::string_view roles[] = {"class_scores", "class_logits"};
  const auto wanted = static_cast<int64_t>(model.labels.size());
  const auto* found = find_role(model, outputs, roles);
  if (!found && outputs.size() == 1) found = &outputs[0];
  int fitting = 0;
  for (size_t i = 0; i < outputs.size() && (!found || fitting > 0); ++i) {
    if (values_per_picture(outputs[i].shape) != wanted) continue;
    found = &outputs[i];
    ++fitting;
  }
  if (!found || fitting > 1)
    return fail(Code::missing,
                "which output holds the classes is not known, give one the role class_scores: {}",
                describe(outputs));
  const auto count = values_per_picture(found->shape);
  if (wanted > 0 && count != wanted)
    return fail(Code::invalid, "output {} holds {} classes, the model has {} labels",
                describe({found, 1}), count, wanted);
  return found;
}

std::vector<Classification> best_classes(std::vector<Classification> classes, int most) {
  std::erase_if(classes, [](const auto& one) { return std::isnan(one.score); });
  const auto listed = std::min(classes.size(), static_cast<size_t>(most));
  std::partial_sort(classes.begin(), classes.begin() + static_cast<int64_t>(listed), classes.end(),
                    [](const auto& a, const auto& b) {
                      return a.score != b.score ? a.score > b.score : a.label < b.label;
                    });
  classes.resize(listed);
  return classes;
}

const OutputView* find_role(const Model& model, std::span<const OutputView> outputs,
                            std::span<const std::string_view> roles) {
  for (const auto& output : outputs)
    if (std::find(roles.begin(), roles.end(), role_of(model, output)) != roles.end())
      return &output;
  return nullptr;
}

void apply_softmax(std::span<float> values, size_t size) {
  for (size_t start = 0; start + size <= values.size() && size > 0; start += size) {
    const auto group = values.subspan(start, size);
    const float largest = *std::max_element(group.begin(), group.end());
    double sum = 0;
    for (auto& value : group) {
      value = std::exp(value - largest);
      sum += value;
    }
    for (auto& value : group) value = static_cast<float>(value / sum);
  }
}

float sigmoid(float value) { return 1 / (1 + std::exp(-std::clamp(value, -80.0F, 80.0F))); }

}  // namespace turnstone
