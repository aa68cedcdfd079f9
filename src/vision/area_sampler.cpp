#include <vector>

#include "media/convert.h"
#include "vision/resample.h"
#include "vision/sampler.h"

namespace turnstone {
namespace {

// First rows are added up at full width, then columns.
class AreaSampler final : public Sampler {
 public:
  explicit AreaSampler(const SamplerSettings& settings);
  void start() override { triples_row_ = -1; }
  RowPair row(const Frame& frame, int y) override;

 private:
  const uint8_t* triples(const Frame& frame, int y);

  SamplerSettings set_;
  Taps rows_, columns_;
  std::vector<uint8_t> triples_;  // a source row as RGB
  int triples_row_ = -1;
  std::vector<float> sums_;  // one float longer than the row
  size_t length_;            // outputs, padded
  std::vector<int16_t> samples_;
};

AreaSampler::AreaSampler(const SamplerSettings& settings) : set_(settings) {
  const auto& [source, target] = set_.placement;
  rows_ = make_taps(Resize::area, source.top, source.height, target.height);
  columns_ = make_taps(Resize::area, 0, source.width, target.width);
  triples_.resize(size_t{3} * static_cast<size_t>(set_.width));
  sums_.resize(size_t{3} * static_cast<size_t>(source.width) + 1);
  length_ = static_cast<size_t>(target.width + row_block - 1) / row_block * row_block;
  samples_.resize(3 * length_);
}

// Of the part of source row `y` that counts.
const uint8_t* AreaSampler::triples(const Frame& frame, int y) {
  const auto start = int64_t{3} * set_.placement.source.left;
  if (set_.format == PixelFormat::rgb)
    return frame.planes[0].data + y * frame.planes[0].stride + start;
  if (triples_row_ != y) rgb_row(*set_.functions, frame, y, triples_.data());
  triples_row_ = y;
  return triples_.data() + start;
}

RowPair AreaSampler::row(const Frame& frame, int y) {
  const auto& functions = *set_.functions;
  const auto& [source, target] = set_.placement;
  const int first = rows_.start[y];
  for (int k = first; k < rows_.start[y + 1]; ++k)
    functions.add_bytes(triples(frame, rows_.first[y] + k - first), rows_.weights[k], k == first,
                        3 * source.width, sums_.data());
  auto* red = samples_.data();
  const Samples out{red, red + length_, red + 2 * length_};
  functions.average_triples(sums_.data(), columns_.first.data(), columns_.start.data(),
                            columns_.weights.data(), target.width, out);
  if (set_.is_gray && set_.format != PixelFormat::gray)
    functions.gray(out, static_cast<int>(length_));
  if (set_.is_gray) return {{red, red, red}, {red, red, red}, 0};
  return {{red, out.green, out.blue}, {red, out.green, out.blue}, 0};
}

}  // namespace

std::unique_ptr<Sampler> make_area_sampler(const SamplerSettings& settings) {
  return std::make_unique<AreaSampler>(settings);
}

}  // namespace turnstone
