#include "vision/preprocess.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "base/text.h"
#include "media/image.h"
#include "media/pixels.h"
#include "vision/geometry.h"
#include "vision/resample.h"

namespace turnstone {
namespace {

// A source row resampled to the width of the target: three planes of floats, RGB.
struct Line {
  int row = -1;
  std::vector<float> samples;
};

// What depends on the size of the frames, kept from one to the next.
struct Tables {
  int picture_width = 0;
  int picture_height = 0;
  Placement placement;
  Geometry geometry;
  Taps columns;
  Taps rows;
};

// How a pixel 0..255 becomes an element: (pixel - mean) * factor + zero.
struct Affine {
  float mean = 0;
  float factor = 1;
  float zero = 0;
};

// Integers round to the nearest, halves away from zero, and stay in range.
template <class Element>
Element stored(float pixel, const Affine& affine) {
  const float value = (pixel - affine.mean) * affine.factor + affine.zero;
  if constexpr (std::is_same_v<Element, float>) {
    return value;
  } else {
    constexpr float least = std::numeric_limits<Element>::min();
    constexpr float most = std::numeric_limits<Element>::max();
    const float inside = std::min(std::max(value, least), most);
    return static_cast<Element>(static_cast<int>(inside + (inside < 0 ? -0.5F : 0.5F)));
  }
}

}  // namespace

struct Preprocessor::State {
  ModelInput input;
  PictureShape shape;
  Preprocess preprocess;
  std::array<Affine, 3> affine;  // of each output channel
  Tables tables;
  std::array<Line, 2> lines;   // of the last source rows; row y lives in slot y % 2
  std::vector<float> blended;  // one row of the target: three planes, RGB

  Result<> prepare(const Frame& frame);
  const float* line(const Frame& frame, int y);
  void blend(const Frame& frame, int y);
  template <class Element>
  void write(const Frame& frame, Element* picture);
  template <class Element>
  void write_row(int y, const float* const (&planes)[3], Element* picture) const;
  template <class Element>
  void fill_span(int y, int from, int to, Element* picture) const;
};

Result<> Preprocessor::State::prepare(const Frame& frame) {
  if (frame.width < 1 || frame.height < 1 || !frame.planes[0].data)
    return fail(Code::invalid, "frame holds no picture");
  for (auto& kept : lines) kept.row = -1;
  if (tables.picture_width == frame.width && tables.picture_height == frame.height) return {};
  Tables made;
  made.placement = TRY(place(preprocess, shape.width, shape.height, frame.width, frame.height));
  made.geometry =
      TRY(geometry_of(preprocess, shape.width, shape.height, frame.width, frame.height));
  const auto& [source, target] = made.placement;
  made.columns = make_taps(preprocess.resize, source.left, source.width, target.width);
  made.rows = make_taps(preprocess.resize, source.top, source.height, target.height);
  made.picture_width = frame.width;
  made.picture_height = frame.height;
  tables = std::move(made);
  const auto samples = size_t{3} * static_cast<size_t>(target.width);
  for (auto& kept : lines) kept.samples.resize(samples);
  blended.resize(samples);
  return {};
}

// Source row `y` at the width of the target; computed unless it is one of the two kept.
const float* Preprocessor::State::line(const Frame& frame, int y) {
  auto& kept = lines[y % 2];
  if (kept.row == y) return kept.samples.data();
  kept.row = y;
  const auto& taps = tables.columns;
  const auto width = tables.placement.target.width;
  float* red = kept.samples.data();
  float* green = red + width;
  float* blue = green + width;
  with_row(frame, y, [&](const auto& row) {
    for (int x = 0; x < width; ++x) {
      float sum[3] = {};
      for (int k = taps.start[x], from = taps.first[x]; k < taps.start[x + 1]; ++k, ++from) {
        const auto pixel = row.at(from);
        const auto weight = taps.weights[k];
        sum[0] += weight * static_cast<float>(pixel.red);
        sum[1] += weight * static_cast<float>(pixel.green);
        sum[2] += weight * static_cast<float>(pixel.blue);
      }
      red[x] = sum[0];
      green[x] = sum[1];
      blue[x] = sum[2];
    }
  });
  return kept.samples.data();
}

// Row `y` of the target into `blended`.
void Preprocessor::State::blend(const Frame& frame, int y) {
  const auto& taps = tables.rows;
  const auto samples = static_cast<int64_t>(blended.size());
  float* out = blended.data();
  const int first = taps.start[y];
  for (int k = first; k < taps.start[y + 1]; ++k) {
    const float* in = line(frame, taps.first[y] + k - first);
    const float weight = taps.weights[k];
    if (k == first)
      for (int64_t i = 0; i < samples; ++i) out[i] = weight * in[i];
    else
      for (int64_t i = 0; i < samples; ++i) out[i] += weight * in[i];
  }
}

template <class Element>
void Preprocessor::State::write_row(int y, const float* const (&planes)[3],
                                    Element* picture) const {
  const auto& target = tables.placement.target;
  const bool planar = input.layout == Layout::nchw;
  const auto channels = shape.channels;
  for (int channel = 0; channel < channels; ++channel) {
    const float* in = planes[channel];
    const auto by = affine[channel];
    if (planar) {
      Element* out = picture + (int64_t{channel} * shape.height + y) * shape.width + target.left;
      for (int x = 0; x < target.width; ++x) out[x] = stored<Element>(in[x], by);
    } else {
      Element* out = picture + (int64_t{y} * shape.width + target.left) * channels + channel;
      for (int x = 0; x < target.width; ++x)
        out[int64_t{x} * channels] = stored<Element>(in[x], by);
    }
  }
}

// Columns [from, to) of row `y` get the fill.
template <class Element>
void Preprocessor::State::fill_span(int y, int from, int to, Element* picture) const {
  const bool planar = input.layout == Layout::nchw;
  for (int channel = 0; channel < shape.channels; ++channel) {
    const auto value = stored<Element>(static_cast<float>(preprocess.fill), affine[channel]);
    for (int x = from; x < to; ++x)
      picture[planar ? (int64_t{channel} * shape.height + y) * shape.width + x
                     : (int64_t{y} * shape.width + x) * shape.channels + channel] = value;
  }
}

template <class Element>
void Preprocessor::State::write(const Frame& frame, Element* picture) {
  const auto& target = tables.placement.target;
  const float* red = blended.data();
  const float* green = red + target.width;
  const float* blue = green + target.width;
  const bool reversed = preprocess.color == ColorOrder::bgr;
  const float* const planes[3] = {reversed ? blue : red, green, reversed ? red : blue};
  for (int y = 0; y < shape.height; ++y) {
    if (y < target.top || y >= target.top + target.height) {
      fill_span(y, 0, shape.width, picture);
      continue;
    }
    fill_span(y, 0, target.left, picture);
    fill_span(y, target.left + target.width, shape.width, picture);
    blend(frame, y - target.top);
    if (shape.channels == 1)
      for (int x = 0; x < target.width; ++x)
        blended[x] = 0.299F * red[x] + 0.587F * green[x] + 0.114F * blue[x];
    write_row(y, planes, picture);
  }
}

Preprocessor::Preprocessor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Preprocessor::Preprocessor(Preprocessor&&) noexcept = default;
Preprocessor& Preprocessor::operator=(Preprocessor&&) noexcept = default;
Preprocessor::~Preprocessor() = default;

int Preprocessor::batch() const { return state_->shape.batch; }

int64_t Preprocessor::size_bytes() const {
  const auto& shape = state_->shape;
  return int64_t{shape.batch} * shape.channels * shape.height * shape.width *
         size_of(state_->input.dtype);
}

Result<Geometry> Preprocessor::run(const Frame& frame, int batch_index, void* tensor) {
  auto& state = *state_;
  CHECK(batch_index >= 0 && batch_index < state.shape.batch);
  TRY(state.prepare(frame));
  auto* picture = static_cast<std::byte*>(tensor) + size_bytes() / state.shape.batch * batch_index;
  if (state.input.dtype == DType::f32)
    state.write(frame, reinterpret_cast<float*>(picture));
  else if (state.input.dtype == DType::u8)
    state.write(frame, reinterpret_cast<uint8_t*>(picture));
  else
    state.write(frame, reinterpret_cast<int8_t*>(picture));
  return state.tables.geometry;
}

namespace {

// An i8 input without quantisation holds the pixel minus 128.
Quantisation quantisation_of(const ModelInput& input) {
  if (input.dtype == DType::f32) return {};
  if (input.quantisation) return *input.quantisation;
  return {1, input.dtype == DType::i8 ? -128 : 0};
}

Result<> check_settings(const Preprocess& preprocess, const PictureShape& shape) {
  if (preprocess.width > 0 &&
      (preprocess.width != shape.width || preprocess.height != shape.height))
    return fail(Code::invalid, "preprocess.size [{}, {}] is not the input's, legal is [{}, {}]",
                preprocess.width, preprocess.height, shape.width, shape.height);
  const bool is_gray = preprocess.color == ColorOrder::gray;
  if (is_gray != (shape.channels == 1))
    return fail(Code::invalid, "preprocess.color does not fit {} channels, legal is {}",
                shape.channels, shape.channels == 1 ? "gray" : "rgb, bgr");
  for (const auto* list : {&preprocess.mean, &preprocess.scale})
    if (list->size() != 1 && list->size() != static_cast<size_t>(shape.channels))
      return fail(Code::invalid, "preprocess.{} has {} numbers, legal are 1 and {}",
                  list == &preprocess.mean ? "mean" : "scale", list->size(), shape.channels);
  return {};
}

}  // namespace

Result<Preprocessor> make_preprocessor(const ModelInput& input) {
  const auto where = fmt::format("input '{}'", printable(input.name, 60));
  const auto shape = TRY(picture_shape(input));
  if (!input.preprocess)
    return fail(
        Code::invalid,
        "{}: nobody said how pictures become it; compile again with --preprocess, or give it "
        "\"preprocess\" in model.json",
        where);
  TRY(check_settings(*input.preprocess, shape), where);
  if (input.dtype != DType::f32 && input.dtype != DType::u8 && input.dtype != DType::i8)
    return fail(Code::unsupported, "{}: pictures as {} are not made, legal are f32, u8, i8", where,
                print(input.dtype));
  auto state = std::make_unique<Preprocessor::State>();
  state->input = input;
  state->shape = shape;
  state->preprocess = *input.preprocess;
  const auto quantisation = quantisation_of(input);
  for (int channel = 0; channel < shape.channels; ++channel) {
    const auto& mean = input.preprocess->mean;
    const auto& scale = input.preprocess->scale;
    state->affine[channel] = {
        static_cast<float>(mean[channel % mean.size()]),
        static_cast<float>(scale[channel % scale.size()] / quantisation.scale),
        static_cast<float>(quantisation.zero)};
  }
  return Preprocessor(std::move(state));
}

}  // namespace turnstone
