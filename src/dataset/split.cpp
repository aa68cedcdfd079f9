#include "dataset/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/number.h"
#include "base/text.h"
#include "dataset/shuffle.h"

namespace turnstone {
namespace {

using Counts = std::vector<int64_t>;  // by label; the last entry counts unlabelled samples

struct Group {
  std::vector<int64_t> members;
  Counts counts;
};

size_t slot_of(const LabelledPicture& sample, size_t labels) {
  return sample.label >= 0 ? static_cast<size_t>(sample.label) : labels;
}

Result<std::vector<Group>> groups_of(const Dataset& dataset, const std::string& field) {
  std::map<std::string, size_t> by_value;
  std::vector<Group> groups;
  for (size_t i = 0; i < dataset.samples.size(); ++i) {
    const auto& sample = dataset.samples[i];
    const auto value = field.empty() ? fmt::format("{}", i) : TRY(field_of(sample, field));
    const auto [known, is_new] = by_value.emplace(value, groups.size());
    if (is_new) groups.push_back({{}, Counts(dataset.labels.size() + 1)});
    auto& group = groups[known->second];
    group.members.push_back(static_cast<int64_t>(i));
    ++group.counts[slot_of(sample, dataset.labels.size())];
  }
  return groups;
}

// How far the held-out counts are from what was asked for: the sum over the classes of the squared
// distance, in shares of the class. A class that is not there at all counts more than any share.
double distance(const Counts& held, const Counts& all, double share) {
  double sum = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] == 0) continue;
    const double off = static_cast<double>(held[i]) / static_cast<double>(all[i]) - share;
    sum += off * off + (held[i] == 0 ? 1 : 0);
  }
  return sum;
}

bool takes_last(const Group& group, const Counts& held, const Counts& all) {
  for (size_t i = 0; i < all.size(); ++i)
    if (group.counts[i] > 0 && held[i] + group.counts[i] >= all[i]) return true;
  return false;
}

// Walks over the groups in random order and holds one out whenever that brings the classes nearer
// to their share; of every class something stays to train on.
std::vector<bool> choose(const std::vector<Group>& groups, const Counts& all, double share,
                         uint64_t seed) {
  std::vector<size_t> order(groups.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::mt19937_64 random(seed);
  shuffle(order, random);
  std::vector<bool> chosen(groups.size());
  Counts held(all.size());
  for (const auto i : order) {
    const auto& group = groups[i];
    if (takes_last(group, held, all)) continue;
    auto with = held;
    for (size_t k = 0; k < with.size(); ++k) with[k] += group.counts[k];
    if (distance(with, all, share) >= distance(held, all, share)) continue;
    held = std::move(with);
    chosen[i] = true;
  }
  return chosen;
}

Counts total(const std::vector<Group>& groups, size_t slots) {
  Counts all(slots);
  for (const auto& group : groups)
    for (size_t i = 0; i < slots; ++i) all[i] += group.counts[i];
  return all;
}

std::string values_of(const Dataset& dataset, const std::string& field) {
  std::set<std::string> values;
  for (const auto& sample : dataset.samples)
    if (const auto value = field_of(sample, field)) values.insert(*value);
  return printable(join(std::vector<std::string>(values.begin(), values.end()), ", "));
}

Result<bool> fulfils(const LabelledPicture& sample, const std::vector<Where>& conditions) {
  for (const auto& where : conditions) {
    const auto value = TRY(field_of(sample, where.field));
    if (std::find(where.values.begin(), where.values.end(), value) == where.values.end())
      return false;
  }
  return true;
}

Json paths_of(const std::vector<int64_t>& indices, const Dataset& dataset) {
  Json list = Json::array();
  for (const auto i : indices) list.push_back(dataset.samples[i].path.string());
  return list;
}

}  // namespace

Result<Where> parse_where(std::string_view text) {
  const auto equals = text.find('=');
  Where where;
  if (equals != std::string_view::npos && equals > 0) {
    where.field = std::string(trim(text.substr(0, equals)));
    where.values = split(text.substr(equals + 1), ',');
  }
  for (auto& value : where.values) value = std::string(trim(value));
  const bool has_empty =
      std::find(where.values.begin(), where.values.end(), "") != where.values.end();
  if (where.field.empty() || where.values.empty() || has_empty)
    return fail(Code::invalid, "'{}' is wrong, expected FIELD=VALUE or FIELD=VALUE,VALUE",
                printable(text, 80));
  return where;
}

Result<Dataset> filter(const Dataset& dataset, const std::vector<Where>& conditions) {
  Dataset kept{dataset.labels, {}};
  for (const auto& sample : dataset.samples)
    if (TRY(fulfils(sample, conditions))) kept.samples.push_back(sample);
  if (!kept.samples.empty() || conditions.empty()) return kept;
  std::vector<std::string> parts;
  for (const auto& where : conditions)
    parts.push_back(fmt::format("'{}' is one of {}", where.field, values_of(dataset, where.field)));
  return fail(Code::invalid, "no picture fulfils the conditions; {}", join(parts, "; "));
}

Result<std::optional<double>> parse_val(std::string_view text) {
  if (text == "none") return std::optional<double>();
  const auto share = find_number<double>(text);
  if (!share || !(*share > 0 && *share < 1))
    return fail(Code::invalid, "'{}' is wrong, legal are none and numbers between 0 and 1",
                printable(text, 40));
  return share;
}

Result<Split> make_split(const Dataset& dataset, const SplitSettings& settings) {
  Split split{settings, {}, {}};
  const auto groups = TRY(groups_of(dataset, settings.group));
  std::vector<bool> chosen(groups.size());
  if (settings.val) {
    if (!(*settings.val > 0 && *settings.val < 1))
      return fail(Code::invalid, "val {} is wrong, legal are numbers between 0 and 1",
                  *settings.val);
    chosen = choose(groups, total(groups, dataset.labels.size() + 1), *settings.val, settings.seed);
    if (std::find(chosen.begin(), chosen.end(), true) == chosen.end())
      return fail(
          Code::invalid,
          "val {}: too few {} ({}) to hold some out and keep every class to train on, legal are "
          "none and more of them",
          *settings.val,
          settings.group.empty() ? "pictures" : fmt::format("values of '{}'", settings.group),
          groups.size());
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    auto& side = chosen[i] ? split.val : split.train;
    side.insert(side.end(), groups[i].members.begin(), groups[i].members.end());
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.val.begin(), split.val.end());
  return split;
}

Json split_to_json(const Split& split, const Dataset& dataset) {
  Json json = {{"group", split.settings.group}, {"seed", split.settings.seed}};
  json["share"] = split.settings.val ? Json(*split.settings.val) : Json();
  json["train"] = paths_of(split.train, dataset);
  json["val"] = paths_of(split.val, dataset);
  return json;
}

}  // namespace turnstone
