#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "media/image.h"
#include "vision/resample.h"
#include "vision/sampler.h"
#include "vision/window_table.h"

namespace turnstone {
namespace {

int padded(int outputs) { return (outputs + row_block - 1) / row_block * row_block; }

// Rows of red, green and blue in one piece.
struct Line {
  int row = -1;
  std::vector<int16_t> values;
  Samples samples(int part, int length) {
    auto* from = values.data() + ptrdiff_t{3} * part * length;
    return {from, from + length, from + ptrdiff_t{2} * length};
  }
};

// Where red, green and blue lie in a pixel of a packed format.
std::array<int, 3> colour_places(PixelFormat format) {
  if (format == PixelFormat::gray) return {0, 0, 0};
  if (format == PixelFormat::bgr || format == PixelFormat::bgrx) return {2, 1, 0};
  return {0, 1, 2};
}

int16_t share_of(const Taps& taps, int i) {
  if (taps.start[i + 1] - taps.start[i] < 2) return 0;
  return static_cast<int16_t>(
      std::min(std::lround(taps.weights[taps.start[i] + 1] * 32768), 32767L));
}

// A row of at least 16 bytes: the row itself, or a copy of a short one.
class Row {
 public:
  Row(const uint8_t* row, int64_t bytes) : row_(row) {
    if (bytes >= std::ssize(copy_)) return;
    std::memcpy(copy_.data(), row, static_cast<size_t>(bytes));
    row_ = copy_.data();
  }
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;
  const uint8_t* data() const { return row_; }

 private:
  std::array<uint8_t, 16> copy_ = {};
  const uint8_t* row_;
};

// Bytes that are read at each place of a packed format.
constexpr int place_bytes = 8;

class BilinearSampler final : public Sampler {
 public:
  explicit BilinearSampler(const SamplerSettings& settings);
  void start() override;
  RowPair row(const Frame& frame, int y) override;

 private:
  void place_packed(const Taps& columns);
  void place_yuv(const Taps& columns);
  const Line& sampled(const Frame& frame, int y);
  void sample_packed(const Frame& frame, int y, const Samples& out);
  void sample_last(const uint8_t* row, int x, const Samples& out);
  void sample_luma(const Frame& frame, int y, const Samples& out);
  void sample_chroma(const Frame& frame, int row);
  int64_t bytes(int plane) const { return row_bytes(set_.format, plane, set_.width); }
  bool is_packed() const { return plane_count(set_.format) == 1; }
  bool is_nv12() const { return set_.format == PixelFormat::nv12; }

  SamplerSettings set_;
  YuvWeights weights_;
  Taps rows_;
  int length_;                      // outputs, padded
  std::vector<int16_t> shares_;     // as the samplers want them
  std::vector<int32_t> places_;     // of packed pixels
  int safe_ = 0;                    // outputs, whole blocks, that may read place_bytes
  WindowTable pixels_, chroma_at_;  // of packed pixels, or of luma and chroma
  std::array<Line, 2> lines_;       // row y in line y % 2
  Line chroma_;                     // of the left pixels, then of the right ones
};

BilinearSampler::BilinearSampler(const SamplerSettings& settings)
    : set_(settings),
      weights_(weights_of(settings.yuv)),
      length_(padded(settings.placement.target.width)),
      pixels_(is_packed() ? 2 : 1),
      chroma_at_(is_nv12() ? 2 : 1) {
  const auto& [source, target] = set_.placement;
  rows_ = make_taps(Resize::bilinear, source.top, source.height, target.height);
  const auto columns = make_taps(Resize::bilinear, source.left, source.width, target.width);
  for (auto& line : lines_) line.values.resize(size_t{3} * static_cast<size_t>(length_));
  if (is_packed()) {
    place_packed(columns);
  } else {
    place_yuv(columns);
    chroma_.values.resize(size_t{6} * static_cast<size_t>(length_));
  }
}

void BilinearSampler::place_packed(const Taps& columns) {
  const auto step = static_cast<int>(row_bytes(set_.format, 0, 1));
  const auto [red, green, blue] = colour_places(set_.format);
  shares_.resize(size_t{4} * static_cast<size_t>(length_));
  std::vector<int> group;
  for (int x = 0; x < length_; ++x) {
    const int output = x < set_.placement.target.width ? x : 0;
    const int left = columns.first[output];
    places_.push_back(step * left);
    if (x % 2 == 0) group.assign(32, -1);
    int lane = x % 2 * 2 + 1;
    for (const int colour : {red, green, blue}) {
      group[lane] = step * left + colour;
      group[lane + 16] = step * std::min(left + 1, set_.width - 1) + colour;
      shares_[x / 2 * 8 + lane / 2] = x == output ? share_of(columns, x) : int16_t{0};
      lane += 4;
    }
    if (x % 2 == 1) pixels_.add(group);
  }
  pixels_.close(bytes(0), length_ / 2);
  const auto leaves = [&](int32_t place) { return place + place_bytes > bytes(0); };
  const auto first = std::ranges::find_if(places_, leaves) - places_.begin();
  safe_ = static_cast<int>(first / row_block * row_block);
}

void BilinearSampler::place_yuv(const Taps& columns) {
  const int last = (set_.width + 1) / 2 - 1;
  const int step = is_nv12() ? 2 : 1;
  shares_.resize(static_cast<size_t>(length_));
  std::vector<int> luma(16), chroma(size_t{16} * static_cast<size_t>(step));
  for (int x = 0; x < length_; ++x) {
    const int output = x < set_.placement.target.width ? x : 0;
    const int left = columns.first[output];
    const int right = std::min(left + 1, set_.width - 1);
    const int lane = x % 8 * 2;
    luma[lane] = left;
    luma[lane + 1] = right;
    for (int part = 0; part < step; ++part) {
      chroma[16 * part + lane] = left / 2 * step + part;
      chroma[16 * part + lane + 1] = std::min(right / 2, last) * step + part;
    }
    if (x == output) shares_[x] = share_of(columns, x);
    if (x % 8 < 7) continue;
    pixels_.add(luma);
    chroma_at_.add(chroma);
  }
  pixels_.close(bytes(0), length_ / 8);
  chroma_at_.close(bytes(1), length_ / 8);
}

void BilinearSampler::start() {
  for (auto* line : {&lines_[0], &lines_[1], &chroma_}) line->row = -1;
}

RowPair BilinearSampler::row(const Frame& frame, int y) {
  const int first = rows_.first[y];
  const auto share = share_of(rows_, y);
  const bool has_two = rows_.start[y + 1] - rows_.start[y] > 1;
  auto& upper = sampled(frame, first);
  auto& lower = has_two ? sampled(frame, first + 1) : upper;
  RowPair pair{.share = share};
  for (int channel = 0; channel < 3; ++channel) {
    const auto at = set_.is_gray ? 0 : ptrdiff_t{channel} * length_;
    pair.upper[channel] = upper.values.data() + at;
    pair.lower[channel] = lower.values.data() + at;
  }
  return pair;
}

const Line& BilinearSampler::sampled(const Frame& frame, int y) {
  auto& line = lines_[y % 2];
  if (line.row == y) return line;
  line.row = y;
  const auto out = line.samples(0, length_);
  if (is_packed())
    sample_packed(frame, y, out);
  else
    sample_luma(frame, y, out);
  if (set_.is_gray && set_.format != PixelFormat::gray) set_.functions->gray(out, length_);
  return line;
}

void BilinearSampler::sample_packed(const Frame& frame, int y, const Samples& out) {
  const auto* row = frame.planes[0].data + y * frame.planes[0].stride;
  const auto windows = pixels_.windows();
  if (windows.count == 1) {
    const Row whole(row, bytes(0));
    set_.functions->sample_pairs(
        whole.data(),
        {windows.offsets, windows.controls, pixels_.windows(1).controls, shares_.data()}, length_,
        out);
    return;
  }
  const auto sample = set_.functions->sample_packed[static_cast<size_t>(set_.format)];
  sample(row, {places_.data(), shares_.data()}, safe_, out);
  for (int x = safe_; x < length_; x += row_block) sample_last(row, x, out);
}

// A block of which places reach over the end of the row: what is read there counts for nothing.
void BilinearSampler::sample_last(const uint8_t* row, int x, const Samples& out) {
  std::array<uint8_t, size_t{place_bytes} * row_block> copies = {};
  std::array<int32_t, row_block> offsets;
  for (int i = 0; i < row_block; ++i) {
    offsets[i] = i * place_bytes;
    const auto inside = std::min<int64_t>(bytes(0) - places_[x + i], place_bytes);
    std::memcpy(copies.data() + offsets[i], row + places_[x + i], static_cast<size_t>(inside));
  }
  const auto sample = set_.functions->sample_packed[static_cast<size_t>(set_.format)];
  sample(copies.data(), {offsets.data(), shares_.data() + ptrdiff_t{4} * x}, row_block,
         {out.red + x, out.green + x, out.blue + x});
}

void BilinearSampler::sample_luma(const Frame& frame, int y, const Samples& out) {
  sample_chroma(frame, y / 2);
  const Row luma(frame.planes[0].data + y * frame.planes[0].stride, bytes(0));
  set_.functions->sample_luma(weights_, luma.data(), pixels_.windows(), shares_.data(),
                              {chroma_.samples(0, length_), chroma_.samples(1, length_)}, length_,
                              out);
}

void BilinearSampler::sample_chroma(const Frame& frame, int row) {
  if (chroma_.row == row) return;
  chroma_.row = row;
  const int other = is_nv12() ? 1 : 2;
  const Row u(frame.planes[1].data + row * frame.planes[1].stride, bytes(1));
  const Row v(frame.planes[other].data + row * frame.planes[other].stride, bytes(other));
  set_.functions->sample_chroma(weights_, u.data(), chroma_at_.windows(0), v.data(),
                                chroma_at_.windows(is_nv12() ? 1 : 0), length_,
                                {chroma_.samples(0, length_), chroma_.samples(1, length_)});
}

}  // namespace

std::unique_ptr<Sampler> make_bilinear_sampler(const SamplerSettings& settings) {
  return std::make_unique<BilinearSampler>(settings);
}

}  // namespace turnstone
