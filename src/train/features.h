// Pictures as features: each is read, prepared and given to the compiled backbone once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "train/compiled_model.h"
#include "train/head.h"
#include "train/pictures.h"
#include "vision/preprocess.h"

namespace turnstone {

// The features of a set of pictures, and what could not be read.
struct FeatureSet {
  Examples examples;
  std::vector<LabelledPicture> pictures;  // one for each row
  std::vector<Error> unreadable;
};

// Asked before each picture; false ends with Code::cancelled.
using PictureObserver = std::function<bool()>;

// A picture that cannot be read is left out. Errors: cancelled; invalid when the code fails or
// gives a number that is not finite, from which nothing could be learnt.
Result<FeatureSet> features_of(const Pictures& pictures, const std::vector<LabelledPicture>& set,
                               Preprocessor& preprocessor, CompiledModel& backbone,
                               const PictureObserver& observer);

}  // namespace turnstone
