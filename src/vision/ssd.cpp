#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "vision/anchored.h"
#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"
#include "vision/table.h"

namespace turnstone {
namespace {

Result<std::vector<Anchor>> anchors_of(const Anchors& settings) {
  auto anchors = settings.boxes;
  for (const auto& layer : settings.layers) {
    const auto count = static_cast<size_t>(layer.rows) * layer.columns * layer.boxes.size();
    if (count > most_anchors || anchors.size() + count > most_anchors)
      return fail(Code::invalid, "anchors: there are more than {}", most_anchors);
    for (int row = 0; row < layer.rows; ++row)
      for (int column = 0; column < layer.columns; ++column)
        for (const auto& [width, height] : layer.boxes)
          anchors.push_back(
              {(column + 0.5) / layer.columns, (row + 0.5) / layer.rows, width, height});
  }
  return anchors;
}

// In lanes, which compilers make vectors of as they may not of std::max_element.
float largest_of(std::span<const float> values) {
  constexpr size_t lanes = 16;
  std::array<float, lanes> largest;
  largest.fill(-std::numeric_limits<float>::infinity());
  size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes)
    for (size_t lane = 0; lane < lanes; ++lane)
      largest[lane] = values[i + lane] > largest[lane] ? values[i + lane] : largest[lane];
  for (; i < values.size(); ++i) largest[0] = std::max(largest[0], values[i]);
  return std::ranges::max(largest);
}

// Whether the softmax of a label may reach its score, of which `least_logs` are the logarithms: it
// is at most the exponential of what the logit is short of the largest.
bool may_count(std::span<const float> logits, std::span<const float> least_logs) {
  const auto largest = largest_of(logits);
  bool any = false;
  for (size_t i = 0; i < logits.size(); ++i) any |= logits[i] - largest >= least_logs[i];
  return any;
}

class AnchoredDecoder final : public Decoder {
 public:
  AnchoredDecoder(const Model& model, const DecoderSettings& settings, Anchored anchored)
      : model_(model), settings_(settings), anchored_(std::move(anchored)) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry& geometry) const override {
    const auto [boxes, scores] = TRY(find(outputs));
    std::vector<float> buffers[2];
    const auto raw = TRY(numbers_of(*boxes, batch_index, buffers[0]));
    const auto candidates = TRY(candidates_of(*scores, batch_index, buffers[1]));
    std::vector<Detection> found;
    for (const auto& one : candidates)
      found.push_back(
          {box_of(&raw[4 * one.row], anchored_.anchors[one.row]), one.label, one.score});
    Scene scene;
    scene.detections = finish_detections(found, settings_, geometry);
    return scene;
  }

 private:
  struct Pair {
    const OutputView* boxes = nullptr;
    const OutputView* scores = nullptr;
  };

  bool fits(const OutputView& output) const {
    return output.shape.size() == 3 &&
           output.shape[1] == static_cast<int64_t>(anchored_.anchors.size());
  }

  // By role where the model says it, else the first of last extent 4 and the first other.
  Result<Pair> find(std::span<const OutputView> outputs) const {
    Pair pair;
    for (const auto& output : outputs) {
      if (!fits(output)) continue;
      const auto role = role_of(model_, output);
      const bool is_box = role.empty() ? output.shape[2] == 4 && !pair.boxes : role == "boxes";
      auto& place = is_box ? pair.boxes : pair.scores;
      if (!place) place = &output;
    }
    if (!pair.boxes || pair.boxes->shape[2] != 4 || !pair.scores || pair.scores->shape[2] < 1)
      return fail(Code::invalid,
                  "{} needs boxes [batch,{},4] and scores [batch,{},classes], the model has {}",
                  anchored_.name, anchored_.anchors.size(), anchored_.anchors.size(),
                  describe(outputs));
    const auto classes = pair.scores->shape[2];
    if (!model_.labels.empty() && std::cmp_not_equal(classes, model_.labels.size()))
      return fail(Code::invalid, "{}: output {} holds {} classes, the model has {} labels",
                  anchored_.name, describe({pair.scores, 1}), classes, model_.labels.size());
    return pair;
  }

  Result<std::vector<Candidate>> candidates_of(const OutputView& output, int batch_index,
                                               std::vector<float>& buffer) const {
    const auto numbers = TRY(numbers_of(output, batch_index, buffer));
    const auto role = role_of(model_, output);
    const auto classes = output.shape[2];
    const auto least = thresholds_of(model_, settings_, static_cast<int>(classes));
    if (role == "class_logits") return candidates_of_softmax(numbers, classes, least);
    std::vector<Candidate> candidates;
    select({numbers.data(), output.shape[1], classes, classes, 1}, 0,
           {.classes = classes,
            .logits = role == "box_logits" || (role.empty() && anchored_.logits),
            .every_label = true,
            .least = least},
           candidates);
    keep_best(candidates);
    return candidates;
  }

  // Most rows cannot have a label that counts: exponentials are taken of the others alone.
  static std::vector<Candidate> candidates_of_softmax(std::span<const float> logits,
                                                      int64_t classes,
                                                      std::span<const float> least) {
    const auto size = static_cast<size_t>(classes);
    std::vector<float> least_logs;
    // A little less, so that rounding loses no row.
    for (const auto one : least) least_logs.push_back(std::log(std::max(one, 0.0F)) - 1e-3F);
    std::vector<float> scores;
    std::vector<int64_t> rows;
    for (size_t row = 0; row < logits.size() / size; ++row) {
      const auto values = logits.subspan(row * size, size);
      if (!may_count(values, least_logs)) continue;
      scores.insert(scores.end(), values.begin(), values.end());
      rows.push_back(static_cast<int64_t>(row));
    }
    apply_softmax(scores, size);
    std::vector<Candidate> candidates;
    select({scores.data(), std::ssize(rows), classes, classes, 1}, 0,
           {.classes = classes, .every_label = true, .least = least}, candidates);
    for (auto& one : candidates) one.row = rows[static_cast<size_t>(one.row)];
    keep_best(candidates);
    return candidates;
  }

  double growth(double log) const { return std::exp(std::min(log, anchored_.most_growth)); }

  Box box_of(const float* raw, const Anchor& anchor) const {
    const auto& variances = settings_.anchors.variances;
    const double x = anchor[0] + raw[0] * variances[0] * anchor[2];
    const double y = anchor[1] + raw[1] * variances[1] * anchor[3];
    const double half_width = anchor[2] * growth(raw[2] * variances[2]) / 2;
    const double half_height = anchor[3] * growth(raw[3] * variances[3]) / 2;
    return within_input(
        box_between(x - half_width, y - half_height, x + half_width, y + half_height, 1, 1));
  }

  Model model_;
  DecoderSettings settings_;
  Anchored anchored_;
};

}  // namespace

std::unique_ptr<Decoder> make_anchored_decoder(const Model& model, const DecoderSettings& settings,
                                               Anchored anchored) {
  return std::make_unique<AnchoredDecoder>(model, settings, std::move(anchored));
}

Result<std::unique_ptr<Decoder>> make_ssd_decoder(const Model& model,
                                                  const DecoderSettings& settings) {
  auto anchors = TRY(anchors_of(settings.anchors), "decoder");
  if (anchors.empty()) return fail(Code::missing, "decoder.anchors: ssd needs layers or boxes");
  return make_anchored_decoder(model, settings, {.name = "ssd", .anchors = std::move(anchors)});
}

}  // namespace turnstone
