#include "station/windowed_reader.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "media/samples.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;
using Wall = std::chrono::system_clock;

// Steps by which the number of a piece may be off: times are rounded on their way.
constexpr int64_t slack = 16;

class WindowedReader final : public FrameReader {
 public:
  WindowedReader(std::unique_ptr<FrameReader> pieces, const WindowConfig& config)
      : pieces_(std::move(pieces)), builder_(config) {}

  Result<Grab> next(std::chrono::milliseconds wait) override {
    const auto deadline = Steady::now() + wait;
    bool looked = false;
    for (;;) {
      if (auto window = TRY(find_window()))
        return Grab{.kind = Grab::frame, .picture = std::move(*window)};
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now());
      if (looked && left <= std::chrono::milliseconds(0)) return Grab{};
      looked = true;
      auto grab = TRY(pieces_->next(std::max(left, std::chrono::milliseconds(0))));
      if (grab.kind != Grab::frame) return grab;
      take(std::move(grab.picture));
    }
  }

  std::string decoder() const override { return pieces_->decoder(); }

 private:
  void take(Frame piece) {
    if (builder_.channels() != piece.height) {
      builder_.set_rate(piece.rate);
    } else if (std::abs(piece.sequence - due_) > slack) {
      builder_.start_over();
      ++number_;
    }
    due_ = piece.sequence + piece.width;
    piece_ = std::move(piece);
    at_ = 0;
  }

  // Goes through the piece until a window is full.
  Result<std::optional<Frame>> find_window() {
    step_.resize(static_cast<size_t>(piece_.height));
    while (at_ < piece_.width) {
      for (int channel = 0; channel < piece_.height; ++channel)
        step_[static_cast<size_t>(channel)] = channel_of(piece_, channel)[static_cast<size_t>(at_)];
      ++at_;
      const auto late = lateness();
      auto window =
          TRY(builder_.add(step_, piece_.taken + late,
                           piece_.wall + std::chrono::duration_cast<Wall::duration>(late)));
      if (!window) continue;
      window->sequence = number_++;
      return window;
    }
    return std::nullopt;
  }

  // From the first step of the piece to the one before `at_`.
  Steady::duration lateness() const {
    if (!(piece_.rate > 0)) return {};
    const std::chrono::duration<double> passed((at_ - 1) / piece_.rate);
    const auto most = std::max(Steady::now() - piece_.taken, Steady::duration(0));
    return std::min(std::chrono::duration_cast<Steady::duration>(passed), most);
  }

  std::unique_ptr<FrameReader> pieces_;
  WindowBuilder builder_;
  Frame piece_;
  int at_ = 0;          // the next step of the piece
  int64_t due_ = 0;     // the number that the next piece begins with
  int64_t number_ = 0;  // of the next window
  std::vector<float> step_;
};

}  // namespace

std::unique_ptr<FrameReader> make_windowed_reader(std::unique_ptr<FrameReader> pieces,
                                                  const WindowConfig& config) {
  return std::make_unique<WindowedReader>(std::move(pieces), config);
}

}  // namespace turnstone
