#include "quantize/sensitivity.h"

#include <algorithm>
#include <numeric>

namespace turnstone::int8 {
namespace {

Chosen without_first(const std::vector<size_t>& worst_first, size_t count) {
  Chosen chosen(worst_first.size(), 1);
  for (size_t i = 0; i < count; ++i) chosen[worst_first[i]] = 0;
  return chosen;
}

}  // namespace

Result<Chosen> choose_layers(const std::vector<size_t>& worst_first, double lost,
                             double most_percent, const LossOf& loss_of) {
  if (lost <= most_percent) return without_first(worst_first, 0);
  size_t failing = 0, fitting = worst_first.size();  // all in reals lose nothing
  while (fitting - failing > 1) {
    const auto middle = failing + (fitting - failing) / 2;
    const auto loss = TRY(loss_of(without_first(worst_first, middle)));
    (loss <= most_percent ? fitting : failing) = middle;
  }
  return without_first(worst_first, fitting);
}

std::vector<size_t> worst_first(const std::vector<double>& snr_db) {
  std::vector<size_t> order(snr_db.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return snr_db[a] < snr_db[b]; });
  return order;
}

}  // namespace turnstone::int8
