#include "vision/window_filler.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "media/image.h"
#include "media/samples.h"

namespace turnstone {
namespace {

// The extents behind the batch: as they are when there are two, else without those of 1.
std::vector<int64_t> inner_extents(const std::vector<int64_t>& shape) {
  std::vector<int64_t> inner(shape.begin() + 1, shape.end());
  if (inner.size() != 2) std::erase(inner, 1);
  return inner;
}

template <class Element>
Element stored(double value, const Quantisation& quantisation) {
  const auto level =
      std::nearbyint(value / quantisation.scale) + static_cast<double>(quantisation.zero);
  using Limits = std::numeric_limits<Element>;
  return static_cast<Element>(
      std::clamp<double>(level, double{Limits::min()}, double{Limits::max()}));
}

void store(const ModelInput& input, double value, int64_t index, void* tensor) {
  const auto quantisation = input.quantisation.value_or(Quantisation{});
  if (input.dtype == DType::f32)
    static_cast<float*>(tensor)[index] = static_cast<float>(value);
  else if (input.dtype == DType::u8)
    static_cast<uint8_t*>(tensor)[index] = stored<uint8_t>(value, quantisation);
  else
    static_cast<int8_t*>(tensor)[index] = stored<int8_t>(value, quantisation);
}

}  // namespace

Result<WindowFiller> WindowFiller::make(const ModelInput& input) {
  WindowFiller filler(input);
  const auto where = fmt::format("input '{}'", printable(input.name, 60));
  TRY(filler.read_shape(), where);
  if (input.dtype != DType::f32 && input.dtype != DType::u8 && input.dtype != DType::i8)
    return fail(Code::unsupported, "{}: samples as {} are not made, legal are f32, u8, i8", where,
                print(input.dtype));
  if (!filler.input_.window) filler.input_.window.emplace();
  const auto& window = *filler.input_.window;
  for (const auto* list : {&window.mean, &window.scale})
    if (list->size() != 1 && filler.channels_ > 0 &&
        list->size() != static_cast<size_t>(filler.channels_))
      return fail(Code::invalid, "{}: window.{} has {} numbers, legal are 1 and {}", where,
                  list == &window.mean ? "mean" : "scale", list->size(), filler.channels_);
  return filler;
}

Result<> WindowFiller::read_shape() {
  const auto& shape = input_.shape;
  if (shape.size() < 2 || shape[0] > 65536)
    return fail(Code::invalid, "shape [{}] is wrong, legal are [batch, values] and more extents",
                fmt::join(shape, ", "));
  const auto inner = inner_extents(shape);
  if (inner.size() > 2)
    return fail(Code::invalid,
                "shape [{}] is wrong, legal are [batch, values] and [batch, channels, steps]",
                fmt::join(shape, ", "));
  const bool is_flat = inner.size() < 2;
  const auto first = inner.empty() ? 1 : inner.front();
  const auto second = is_flat ? 1 : inner.back();
  const bool steps_first = input_.window && input_.window->steps_first;
  const auto channels = steps_first ? second : first;
  TRY(is_flat ? check_window_size(1, first)
              : check_window_size(channels, first * second / channels));
  batch_ = static_cast<int>(shape[0]);
  channels_ = is_flat ? 0 : static_cast<int>(channels);
  values_ = first * second;
  return {};
}

Result<WindowFiller::Extent> WindowFiller::extent_of(const Frame& window) const {
  if (window.format != PixelFormat::f32 || window.width < 1 || window.height < 1)
    return fail(Code::invalid, "the model takes samples, this is a picture of {} x {} pixels, {}",
                window.width, window.height, print(window.format));
  const bool fits = channels_ > 0 ? window.height == channels_ : values_ % window.height == 0;
  const auto steps = values_ / window.height;
  const auto& [first, mean, scale] = *input_.window;
  const auto is_list = [&](const auto& list) {
    return list.size() == 1 || std::cmp_equal(list.size(), window.height);
  };
  if (!fits || steps > window.width || !is_list(mean) || !is_list(scale))
    return fail(
        Code::invalid, "window of {} channels and {} steps does not fill input '{}' of [{}]",
        window.height, window.width, printable(input_.name, 60), fmt::join(input_.shape, ", "));
  return Extent{window.height, static_cast<int>(steps)};
}

Result<Geometry> WindowFiller::run(const Frame& window, int batch_index, void* tensor) const {
  CHECK(batch_index >= 0 && batch_index < batch_);
  const auto [channels, steps] = TRY(extent_of(window));
  const auto& [steps_first, mean, scale] = *input_.window;
  for (int channel = 0; channel < channels; ++channel) {
    const auto values = channel_of(window, channel).last(static_cast<size_t>(steps));
    const auto at = static_cast<size_t>(channel);
    const double shift = mean[at % mean.size()];
    const double factor = scale[at % scale.size()];
    for (int step = 0; step < steps; ++step) {
      const double value =
          (static_cast<double>(values[static_cast<size_t>(step)]) - shift) * factor;
      if (!std::isfinite(value))
        return fail(Code::invalid, "channel {} of the window holds values that are no numbers",
                    channel);
      const int64_t place =
          steps_first ? int64_t{step} * channels + channel : int64_t{channel} * steps + step;
      store(input_, value, batch_index * values_ + place, tensor);
    }
  }
  return Geometry{};
}

}  // namespace turnstone
