#include "train/features.h"

#include <cmath>

namespace turnstone {
namespace {

Result<> check_finite(std::span<const float> row) {
  for (size_t i = 0; i < row.size(); ++i)
    if (!std::isfinite(row[i])) return fail(Code::invalid, "feature {} is {}", i, row[i]);
  return {};
}

}  // namespace

Result<FeatureSet> features_of(const Pictures& pictures, const std::vector<LabelledPicture>& set,
                               Preprocessor& preprocessor, CompiledModel& backbone,
                               const PictureObserver& observer) {
  FeatureSet result;
  for (const auto& picture : set) {
    if (!observer()) return fail(Code::cancelled, "interrupted");
    const auto frame = frame_of(pictures, picture);
    if (!frame) {
      result.unreadable.push_back(frame.error());
      continue;
    }
    const auto fitted = preprocessor.run(*frame, 0, backbone.input().data());
    if (!fitted) {
      result.unreadable.push_back(Error(fitted.error()).in(picture.path.string()));
      continue;
    }
    const auto row = TRY(backbone.run());
    TRY(check_finite(row), picture.path.string());
    auto& examples = result.examples;
    examples.features = static_cast<int64_t>(row.size());
    examples.rows.insert(examples.rows.end(), row.begin(), row.end());
    examples.labels.push_back(picture.label);
    result.pictures.push_back(picture);
  }
  return result;
}

}  // namespace turnstone
