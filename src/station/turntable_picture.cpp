#include "station/turntable_picture.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace turnstone {
namespace {

constexpr double turn = 2 * std::numbers::pi;

uint8_t level(double value) { return static_cast<uint8_t>(std::clamp(value, 0.0, 255.0)); }

Color shade(double red, double green, double blue) {
  return {level(red), level(green), level(blue)};
}

Color mix(const Color& below, const Color& above, double share) {
  const auto one = [&](uint8_t from, uint8_t to) {
    return level(from + (to - from) * share + 0.5);
  };
  return {one(below.red, above.red), one(below.green, above.green), one(below.blue, above.blue)};
}

std::vector<bool> draw_bad(int parts, std::mt19937_64& random) {
  std::vector<bool> bad;
  for (int part = 0; part < parts; ++part) bad.push_back(random() % 5 < 2);
  const auto count = std::ranges::count(bad, true);
  if (parts > 1 && (count == 0 || count == parts)) bad[random() % bad.size()].flip();
  return bad;
}

// Small numbers that look random, four at a time; quick rather than good.
class Noise {
 public:
  Noise(uint64_t seed, double most) : state_(seed | 1), most_(most) {}
  double next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (static_cast<double>(state_ >> 48) / 32768 - 1) * most_;
  }

 private:
  uint64_t state_;
  double most_;
};

}  // namespace

TurntablePicture::TurntablePicture(const TurntableView& view) : view_(view) {
  std::mt19937_64 random(view.seed);
  bad_ = draw_bad(view.parts, random);
  phase_ = static_cast<double>(random() % 1000) / 1000 * turn;
  middle_x_ = view.width / 2.0;
  middle_y_ = view.height * 1.3;
  reach_ = view.height * 0.8;
  radius_ = view.height * 0.24;
}

Result<TurntablePicture> TurntablePicture::make(const TurntableView& view) {
  TRY(check_picture_size(view.width, view.height));
  CHECK(view.parts >= 1 && view.parts <= 10);
  TurntablePicture picture(view);
  picture.lay_ground();
  return picture;
}

void TurntablePicture::lay_ground() {
  ground_.resize(static_cast<size_t>(view_.width) * static_cast<size_t>(view_.height));
  canvas_.resize(ground_.size());
  auto* pixel = ground_.data();
  for (int row = 0; row < view_.height; ++row)
    for (int column = 0; column < view_.width; ++column, ++pixel) {
      const double x = column + 0.5 - middle_x_;
      const double y = row + 0.5 - middle_y_;
      const double far = std::hypot(x, y);
      pixel->is_table = far < reach_ + 1.35 * radius_;
      pixel->around = static_cast<float>(std::atan2(x, -y) / turn);
      const double dusk = 20.0 * row / view_.height;
      const double brushed = 5 * std::sin(far * 0.7) + 3 * std::sin(far * 0.23);
      pixel->color = pixel->is_table ? shade(150 + brushed, 146 + brushed, 140 + brushed)
                                     : shade(62 - dusk, 68 - dusk, 76 - dusk);
    }
}

// Grooves between the parts show how it turns.
void TurntablePicture::draw_table(double turns) {
  const auto parts = static_cast<float>(view_.parts);
  const auto turned = static_cast<float>((turns - std::floor(turns)) * view_.parts);
  for (size_t i = 0; i < ground_.size(); ++i) {
    const auto& ground = ground_[i];
    canvas_[i] = ground.color;
    if (!ground.is_table) continue;
    const float place = ground.around * parts + turned + 0.5F;
    const float from_groove = place - std::round(place);
    if (std::abs(from_groove) < 0.012F * parts / 5) canvas_[i] = shade(84, 80, 78);
  }
}

// `u`, `v` turn with the part, `x`, `y` do not; in radii of the part, `y` downwards.
Color TurntablePicture::color_of_part(double u, double v, double x, double y, bool is_bad) const {
  const double far = std::hypot(x, y);
  if (far > 0.66) {
    const double bevel = 24 * (far > 0.93 ? 1 : 0.3) * -y;
    const double screw = std::min(
        {std::hypot(u, v + 0.8), std::hypot(u - 0.69, v - 0.4), std::hypot(u + 0.69, v - 0.4)});
    if (screw < 0.07) return shade(190, 188, 180);
    return shade(66 + bevel, 68 + bevel, 72 + bevel);
  }
  if (far > 0.6) return shade(112, 112, 116);
  if (is_bad) {
    const double thread = 5 * std::sin(far * 60);
    return shade(24 + thread, 22 + thread, 21 + thread);
  }
  const double glint = std::max(0.0, 1 - std::hypot(x + 0.22, y + 0.24) / 0.16);
  const double depth = 40 * (far / 0.6) * (far / 0.6);
  return shade(166 - depth + 80 * glint, 200 - depth + 55 * glint, 236 - depth / 2 + 20 * glint);
}

void TurntablePicture::draw_part(double around, bool is_bad) {
  const double sine = std::sin(around * turn);
  const double cosine = std::cos(around * turn);
  const double part_x = middle_x_ + reach_ * sine;
  const double part_y = middle_y_ - reach_ * cosine;
  const auto from = [&](double at) { return static_cast<int>(std::max(0.0, at - radius_ - 1)); };
  const auto to = [&](double at, int most) {
    return static_cast<int>(std::clamp(at + radius_ + 2, 0.0, static_cast<double>(most)));
  };
  for (int row = from(part_y); row < to(part_y, view_.height); ++row)
    for (int column = from(part_x); column < to(part_x, view_.width); ++column) {
      const double x = (column + 0.5 - part_x) / radius_;
      const double y = (row + 0.5 - part_y) / radius_;
      const double cover = std::clamp((1 - std::hypot(x, y)) * radius_ + 0.5, 0.0, 1.0);
      if (cover == 0) continue;
      const auto color = color_of_part(x * cosine + y * sine, y * cosine - x * sine, x, y, is_bad);
      auto& pixel = canvas_[static_cast<size_t>(row) * static_cast<size_t>(view_.width) +
                            static_cast<size_t>(column)];
      pixel = mix(pixel, color, cover);
    }
}

Result<Image> TurntablePicture::draw(double turns, double seconds, int64_t number) {
  draw_table(turns);
  for (int part = 0; part < view_.parts; ++part) {
    const double around = static_cast<double>(part) / view_.parts - turns;
    draw_part(around - std::round(around), is_bad(part));
  }
  const double wave =
      0.6 * std::sin(turn * seconds / 7 + phase_) + 0.4 * std::sin(turn * seconds / 1.9);
  const double gain = 1 + view_.light * wave;
  Noise noise(view_.seed * 0x9E3779B97F4A7C15U + static_cast<uint64_t>(number) * 2, view_.noise);
  auto image = TRY(make_image(PixelFormat::bgrx, view_.width, view_.height));
  const auto* from = canvas_.data();
  for (int row = 0; row < view_.height; ++row) {
    auto* pixel = image.row(row);
    for (int column = 0; column < view_.width; ++column, ++from, pixel += 4) {
      const double grain = noise.next();
      pixel[0] = level(from->blue * gain + grain);
      pixel[1] = level(from->green * gain + grain);
      pixel[2] = level(from->red * gain + grain);
    }
  }
  return image;
}

int TurntablePicture::part_at(double turns) const {
  const auto place = std::llround(turns * view_.parts) % view_.parts;
  return static_cast<int>(place < 0 ? place + view_.parts : place);
}

}  // namespace turnstone
