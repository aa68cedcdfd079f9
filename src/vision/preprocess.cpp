#include "vision/preprocess.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "media/image.h"
#include "vision/geometry.h"
#include "vision/sampler.h"

namespace turnstone {
namespace {

// What depends on the size and format of the frames, kept from one to the next.
struct Tables {
  PixelFormat format = PixelFormat::rgb;
  YuvSpace yuv;
  int picture_width = 0;
  int picture_height = 0;
  PixelRectangle target;
  Geometry geometry;
  std::unique_ptr<Sampler> sampler;
};

template <class Element>
const Finishers<Element>& finishers_of(const RowFunctions& functions) {
  if constexpr (std::is_same_v<Element, float>)
    return functions.f32;
  else if constexpr (std::is_same_v<Element, uint8_t>)
    return functions.u8;
  else
    return functions.i8;
}

}  // namespace

struct Preprocessor::State {
  const RowFunctions* functions = nullptr;
  ModelInput input;
  PictureShape shape;
  Preprocess preprocess;
  std::array<SampleMap, 3> maps;  // of each output channel
  Tables tables;
  std::vector<std::byte> filled;  // one row of the fill, in the layout of the input

  Result<> prepare(const Frame& frame);
  bool is_planar() const { return input.layout == Layout::nchw; }
  template <class Element>
  void make_fill();
  template <class Element>
  void fill_span(int y, int from, int to, Element* picture) const;
  template <class Element>
  void write_row(const RowPair& rows, int y, Element* picture) const;
  template <class Element>
  void write(const Frame& frame, Element* picture);
};

Result<> Preprocessor::State::prepare(const Frame& frame) {
  TRY(check_picture(frame));
  if (frame.width < 1 || frame.height < 1 || !frame.planes[0].data)
    return fail(Code::invalid, "frame holds no picture");
  if (tables.picture_width == frame.width && tables.picture_height == frame.height &&
      tables.format == frame.format && tables.yuv == frame.yuv)
    return {};
  const auto placement =
      TRY(place(preprocess, shape.width, shape.height, frame.width, frame.height));
  const auto geometry =
      TRY(geometry_of(preprocess, shape.width, shape.height, frame.width, frame.height));
  const SamplerSettings settings{functions,   frame.format, frame.yuv,
                                 frame.width, placement,    shape.channels == 1};
  tables = {frame.format,
            frame.yuv,
            frame.width,
            frame.height,
            placement.target,
            geometry,
            preprocess.resize == Resize::area ? make_area_sampler(settings)
                                              : make_bilinear_sampler(settings)};
  return {};
}

template <class Element>
void Preprocessor::State::make_fill() {
  const auto channels = static_cast<size_t>(shape.channels);
  const auto width = static_cast<size_t>(shape.width);
  filled.resize(channels * width * sizeof(Element));
  auto* row = reinterpret_cast<Element*>(filled.data());
  const auto level = static_cast<int16_t>(std::lround(preprocess.fill * sample_scale));
  const std::array<int16_t, row_block> samples = {level};
  const RowPair rows{.upper = {samples.data()}, .lower = {samples.data()}};
  for (size_t channel = 0; channel < channels; ++channel) {
    Element value;
    finishers_of<Element>(*functions).plane(rows, &maps[channel], 1, &value);
    for (size_t x = 0; x < width; ++x)
      row[is_planar() ? channel * width + x : x * channels + channel] = value;
  }
}

// Columns [from, to) of row `y` get the fill.
template <class Element>
void Preprocessor::State::fill_span(int y, int from, int to, Element* picture) const {
  const int planes = is_planar() ? shape.channels : 1;
  const int64_t step = shape.channels / planes;  // elements of a column in one plane
  const auto* row = reinterpret_cast<const Element*>(filled.data());
  for (int plane = 0; plane < planes; ++plane)
    std::copy_n(row + plane * shape.width, (to - from) * step,
                picture + (int64_t{plane} * shape.height + y) * shape.width * step + from * step);
}

template <class Element>
void Preprocessor::State::write_row(const RowPair& rows, int y, Element* picture) const {
  const auto& [plane, triples] = finishers_of<Element>(*functions);
  const auto& target = tables.target;
  if (!is_planar() && shape.channels == 3) {
    triples(rows, maps.data(), target.width,
            picture + (int64_t{y} * shape.width + target.left) * 3);
    return;
  }
  for (int channel = 0; channel < shape.channels; ++channel) {
    const RowPair one{
        .upper = {rows.upper[channel]}, .lower = {rows.lower[channel]}, .share = rows.share};
    plane(one, &maps[channel], target.width,
          picture + (int64_t{channel} * shape.height + y) * shape.width + target.left);
  }
}

template <class Element>
void Preprocessor::State::write(const Frame& frame, Element* picture) {
  const auto& target = tables.target;
  if (filled.empty()) make_fill<Element>();
  tables.sampler->start();
  for (int y = 0; y < shape.height; ++y) {
    if (y < target.top || y >= target.top + target.height) {
      fill_span(y, 0, shape.width, picture);
      continue;
    }
    fill_span(y, 0, target.left, picture);
    fill_span(y, target.left + target.width, shape.width, picture);
    auto rows = tables.sampler->row(frame, y - target.top);
    if (preprocess.color == ColorOrder::bgr) {
      std::swap(rows.upper[0], rows.upper[2]);
      std::swap(rows.lower[0], rows.lower[2]);
    }
    write_row(rows, y, picture);
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

// (pixel - mean) * scale, then as the input is quantised, of samples.
SampleMap map_of(double mean, double scale, const Quantisation& quantisation) {
  const double factor = scale / quantisation.scale;
  return {static_cast<float>(factor / sample_scale),
          static_cast<float>(static_cast<double>(quantisation.zero) - mean * factor)};
}

// An i8 input without quantisation holds the pixel minus 128.
Quantisation quantisation_of(const ModelInput& input) {
  if (input.dtype == DType::f32) return {};
  if (input.quantisation) return *input.quantisation;
  return {1, input.dtype == DType::i8 ? -128 : 0};
}

// What a picture is multiplied by: beyond them nothing of it would be left.
constexpr double least_scale = 1e-9, most_scale = 1e9;

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
  for (const auto scale : preprocess.scale)
    if (!(std::abs(scale) >= least_scale && std::abs(scale) <= most_scale))
      return fail(Code::invalid, "preprocess.scale is {}, legal are {} to {}, and below zero",
                  scale, least_scale, most_scale);
  return {};
}

}  // namespace

Result<Preprocessor> make_preprocessor(const ModelInput& input, const RowFunctions& functions) {
  const auto where = fmt::format("input '{}'", printable(input.name, 60));
  const auto shape = TRY(picture_shape(input));
  if (!input.preprocess)
    return fail(
        Code::invalid,
        "{}: nobody said how pictures become it; compile again with --preprocess, or give it "
        "\"preprocess\" in model.json, or \"window\" where it takes samples",
        where);
  TRY(check_settings(*input.preprocess, shape), where);
  if (input.dtype != DType::f32 && input.dtype != DType::u8 && input.dtype != DType::i8)
    return fail(Code::unsupported, "{}: pictures as {} are not made, legal are f32, u8, i8", where,
                print(input.dtype));
  auto state = std::make_unique<Preprocessor::State>();
  state->functions = &functions;
  state->input = input;
  state->shape = shape;
  state->preprocess = *input.preprocess;
  const auto quantisation = quantisation_of(input);
  for (int channel = 0; channel < shape.channels; ++channel) {
    const auto& mean = input.preprocess->mean;
    const auto& scale = input.preprocess->scale;
    state->maps[channel] =
        map_of(mean[channel % mean.size()], scale[channel % scale.size()], quantisation);
  }
  return Preprocessor(std::move(state));
}

}  // namespace turnstone
