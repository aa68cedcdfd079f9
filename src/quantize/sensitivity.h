// Which layers have to stay in reals so that what is lost is within a bound.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "quantize/layer.h"

namespace turnstone::int8 {

// What is lost, in percent, with a choice of layers in integers.
using LossOf = std::function<Result<double>(const Chosen& chosen)>;

// Leaves layers in reals, those that `worst_first` names first, until `most_percent` is lost: the
// fewest that a bisection finds. `lost` is what all layers in integers lose. Errors: as `loss_of`.
Result<Chosen> choose_layers(const std::vector<size_t>& worst_first, double lost,
                             double most_percent, const LossOf& loss_of);

// Indices by rising signal to noise.
std::vector<size_t> worst_first(const std::vector<double>& snr_db);

}  // namespace turnstone::int8
