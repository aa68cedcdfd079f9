#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "vision/decoders.h"
#include "vision/finish.h"
#include "vision/outputs.h"

namespace turnstone {
namespace {

// To length 1. Errors: invalid for a vector without a direction.
Result<> normalise(std::vector<float>& vector) {
  double sum = 0;
  for (const auto value : vector) sum += static_cast<double>(value) * value;
  if (!(sum > 0) || !std::isfinite(sum)) return fail(Code::invalid, "the vector has no direction");
  for (auto& value : vector) value = static_cast<float>(value / std::sqrt(sum));
  return {};
}

struct Known {
  int label = 0;
  std::vector<float> vector;  // of length 1
};

class EmbeddingDecoder final : public Decoder {
 public:
  EmbeddingDecoder(const Model& model, const DecoderSettings& settings, std::vector<Known> known)
      : model_(model), settings_(settings), known_(std::move(known)) {}

  Result<Scene> decode(std::span<const OutputView> outputs, int batch_index,
                       const Geometry&) const override {
    constexpr std::string_view roles[] = {"embedding", "features"};
    const auto* output = find_role(model_, outputs, roles);
    if (!output && outputs.size() == 1) output = &outputs[0];
    if (!output)
      return fail(Code::missing,
                  "which output is the embedding is not known, give one the role embedding: {}",
                  describe(outputs));
    Scene scene;
    scene.embedding = TRY(values_of(*output, batch_index));
    TRY(normalise(scene.embedding), fmt::format("embedding: output {}", describe({output, 1})));
    if (known_.empty()) return scene;
    if (scene.embedding.size() != known_[0].vector.size())
      return fail(Code::invalid,
                  "embedding: output {} has {} numbers, the gallery's vectors have {}",
                  describe({output, 1}), scene.embedding.size(), known_[0].vector.size());
    scene.classes = nearest(scene.embedding);
    const auto best = scene.classes[0];
    if (!(best.score >= threshold_of(model_, settings_, best.label)))
      scene.classes.insert(scene.classes.begin(), {-1, best.score});
    return scene;
  }

 private:
  // Each label's nearest vector, the nearest label first.
  std::vector<Classification> nearest(const std::vector<float>& vector) const {
    std::map<int, float> best;
    for (const auto& known : known_) {
      double cosine = 0;
      for (size_t i = 0; i < vector.size(); ++i)
        cosine += static_cast<double>(vector[i]) * known.vector[i];
      auto& score = best.try_emplace(known.label, 0.0F).first->second;
      score = std::max(score, static_cast<float>(std::min(cosine, 1.0)));
    }
    std::vector<Classification> classes;
    for (const auto& [label, score] : best) classes.push_back({label, score});
    return best_classes(std::move(classes), settings_.most);
  }

  Model model_;
  DecoderSettings settings_;
  std::vector<Known> known_;
};

Result<Known> known_of(const GalleryEntry& entry, size_t length, const Model& model) {
  const auto label = std::ranges::find(model.labels, entry.label);
  if (label == model.labels.end())
    return fail(Code::invalid, "label '{}' is none of the model's", printable(entry.label, 60));
  Known known{static_cast<int>(label - model.labels.begin()), entry.vector};
  if (known.vector.size() != length)
    return fail(Code::invalid, "the vector has {} numbers, the first has {}", known.vector.size(),
                length);
  TRY(normalise(known.vector));
  return known;
}

}  // namespace

Result<std::unique_ptr<Decoder>> make_embedding_decoder(const Model& model,
                                                        const DecoderSettings& settings) {
  if (!settings.gallery_file.empty() && settings.gallery.empty())
    return fail(Code::missing, "decoder.gallery: '{}' of the package was not read",
                printable(settings.gallery_file, 60));
  std::vector<Known> known;
  for (const auto& entry : settings.gallery)
    known.push_back(TRY(known_of(entry, settings.gallery[0].vector.size(), model),
                        fmt::format("decoder.gallery[{}]", known.size())));
  return std::make_unique<EmbeddingDecoder>(model, settings, std::move(known));
}

}  // namespace turnstone
