// What a quantisation measured and decided.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "quantize/judge.h"
#include "quantize/layer_errors.h"
#include "quantize/quantize.h"

namespace turnstone::int8 {

struct QuantizeReport {
  size_t calibrating = 0;               // pictures
  std::vector<std::string> unreadable;  // why pictures were left out
  size_t equalised_pairs = 0;
  std::map<Value, Range> ranges;
  std::vector<LayerError> errors;         // of each layer alone, before its bias was corrected
  std::optional<Judgement> all_integers;  // of all layers
  std::optional<Judgement> judgement;     // of the chosen ones
  Chosen chosen;
  std::vector<double> output_snr_db;  // with each layer alone; empty when nothing was ranked
};

// The report as JSON.
Json print_report(const QuantizeReport& report, const std::vector<Layer>& layers,
                  const Scheme& scheme, const QuantizeSettings& settings);

}  // namespace turnstone::int8
