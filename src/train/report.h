// What a training leaves behind: one folder that tells what was done, how good the result is, and
// holds the model.
#pragma once

#include <string>
#include <vector>

#include "train/evaluation.h"
#include "train/pictures.h"
#include "train/recipe.h"
#include "train/trained_model.h"

namespace turnstone {

// A set of pictures and what the model says of each.
struct JudgedSet {
  std::string name;  // train, val, held_out
  std::vector<LabelledPicture> pictures;
  std::vector<Judged> judged;
};

// Refers to what the recipe holds; lives no longer than it.
struct Report {
  const RecipeSettings& settings;
  const Backbone& backbone;
  const Sets& sets;
  int64_t unlabelled;
  int64_t unreadable;
  const TrainedHead& trained;
  const TrainedModel& model;
  std::vector<JudgedSet> judged;
};

// Writes the folder, which may exist; files of the same names are replaced. Returns the content of
// metrics.json. A drawing that cannot be made is logged. Errors: unavailable.
Result<Json> write_report(const Report& report);

}  // namespace turnstone
