// Which samples are trained on and which are held out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "dataset/manifest.h"

namespace turnstone {

// FIELD=A,B: keeps samples whose field is A or B.
struct Where {
  std::string field;
  std::vector<std::string> values;
};

// Errors: invalid when `=` or a value is missing.
Result<Where> parse_where(std::string_view text);

// Keeps the samples that fulfil all conditions. Errors: missing when a sample has no such
// field; invalid when nothing is left, with the values that occur.
Result<Dataset> filter(const Dataset& dataset, const std::vector<Where>& conditions);

struct SplitSettings {
  std::string group;  // samples of one value of this field stay together; "": each alone
  std::optional<double> val = 0.2;  // share to hold out, 0 < val < 1; none: everything trains
  uint64_t seed = 0;
  bool operator==(const SplitSettings&) const = default;
};

// "none" or a number between 0 and 1.
Result<std::optional<double>> parse_val(std::string_view text);

// Indices into Dataset::samples, rising; together they are all of them.
struct Split {
  SplitSettings settings;
  std::vector<int64_t> train;
  std::vector<int64_t> val;
  bool operator==(const Split&) const = default;
};

// The same data set, settings and seed give the same split on every machine. Whole groups move;
// they are chosen so that every class is held out in part, by a share as near to `val` as its
// groups allow, and keeps something to train on: a class of one group is trained on. Errors:
// invalid when no group at all can be held out.
Result<Split> make_split(const Dataset& dataset, const SplitSettings& settings);

// Lists the pictures of both sides by path, so that it reads without the manifest.
Json split_to_json(const Split& split, const Dataset& dataset);

}  // namespace turnstone
