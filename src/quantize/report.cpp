#include "quantize/report.h"

#include <algorithm>

namespace turnstone::int8 {
namespace {

Json judgement_json(const Judgement& judgement, const ClassOutput& classes) {
  Json made = {{"pictures", judgement.pictures()}};
  if (classes) {
    made["agreeing"] = judgement.agreeing();
    made["agreement_percent"] = 100 - judgement.drop_percent();
  }
  made["relative_error"] = judgement.relative_error();
  made["snr_db"] = judgement.snr_db();
  made["drop_percent"] = judgement.drop_percent();
  return made;
}

Json layer_json(const QuantizeReport& report, const Layer& layer, const Scheme& scheme, size_t i,
                bool corrected) {
  const auto& error = report.errors[i];
  const auto& range = report.ranges.at(layer.input());
  const auto& quantisation = scheme.values.at(layer.input());
  Json made = {{"layer", layer.name},
               {"integers", report.chosen[i] != 0},
               {"snr_db", corrected ? error.corrected_snr_db() : error.snr_db()},
               {"uncorrected_snr_db", error.snr_db()},
               {"input_range", {range.low, range.high}},
               {"input_scale", quantisation.scale},
               {"input_zero", quantisation.zero}};
  if (!report.output_snr_db.empty()) made["output_snr_db"] = report.output_snr_db[i];
  return made;
}

}  // namespace

Json print_report(const QuantizeReport& report, const std::vector<Layer>& layers,
                  const Scheme& scheme, const QuantizeSettings& settings) {
  Json made = {{"calibration_pictures", report.calibrating},
               {"held_back_pictures", report.judgement->pictures()},
               {"unreadable", report.unreadable},
               {"range", std::string(word_of(settings.range))},
               {"equalised_pairs", report.equalised_pairs},
               {"bias_correction", settings.correct_biases},
               {"max_drop_percent", settings.max_drop_percent},
               {"result", judgement_json(*report.judgement, settings.classes)},
               {"all_integers", judgement_json(*report.all_integers, settings.classes)}};
  made["integer_layers"] = std::ranges::count(report.chosen, 1);
  auto list = Json::array();
  for (size_t i = 0; i < layers.size(); ++i)
    list.push_back(layer_json(report, layers[i], scheme, i, settings.correct_biases));
  made["layers"] = std::move(list);
  return made;
}

}  // namespace turnstone::int8
