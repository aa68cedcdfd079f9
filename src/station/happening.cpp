#include "station/happening.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace turnstone {
namespace {

// Texts in the order of the kinds, nullptr: none; {} is the happening's own text.
struct Words {
  const char* name;
  std::array<const char*, 8> texts;
};
constexpr std::array<Words, 3> all{{
    {"plain",
     {"model {} is being opened", "model {} is in service", "started", "fifo opened", "store: {}",
      "picture stored", "picture not stored: {}", "failed: {}"}},
    {"deeplens-a",
     {nullptr, "Model loaded", "Face detection starts now", "Opened Pipe", "Response: {}",
      "Face pushed to S3", "Pushing to S3 failed: {}", "Test failed: {}"}},
    {"deeplens-b",
     {"Loading face detection model", "Face detection model loaded", nullptr, nullptr,
      "Response: {}", "Face pushed to S3", "Error: {}", "Error: {}"}},
}};

}  // namespace

std::vector<std::string> status_words() {
  std::vector<std::string> names;
  for (const auto& words : all) names.emplace_back(words.name);
  return names;
}

std::optional<std::string> print_status(const Happening& happening, std::string_view words) {
  const auto found = std::ranges::find(all, words, &Words::name);
  if (found == all.end()) return {};
  const auto* text = found->texts[static_cast<size_t>(happening.kind)];
  if (!text) return {};
  return fmt::format(fmt::runtime(text), happening.text);
}

}  // namespace turnstone
