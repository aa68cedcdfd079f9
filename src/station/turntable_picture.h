// Pictures of a turntable with parts on it, as a camera above its rim would see them: lens holders,
// some of which lack their lens.
#pragma once

#include <cstdint>
#include <vector>

#include "media/draw.h"
#include "media/image.h"

namespace turnstone {

// What the camera sees, and how well.
struct TurntableView {
  int width = 640;      // pixels
  int height = 480;     // pixels
  int parts = 5;        // on the table, at equal angles: 1..10
  uint64_t seed = 1;    // of what is random: which parts are bad, noise, and how the light changes
  double noise = 3;     // levels of a pixel, up and down at most
  double light = 0.06;  // share by which the light changes, up and down at most
};

// One thread at a time.
class TurntablePicture {
 public:
  // Errors: those of make_image.
  static Result<TurntablePicture> make(const TurntableView& view);

  // The table after `turns` turns, `seconds` after the start; `number` is of the noise. The same
  // arguments give the same picture. `bgrx`. Errors: unavailable when there is no memory.
  Result<Image> draw(double turns, double seconds, int64_t number);

  // The part that stands before the camera after so many turns, or is nearest to it: 0..parts - 1.
  int part_at(double turns) const;

  // Whether a part lacks its lens. With two parts or more, some do and some do not.
  bool is_bad(int part) const { return bad_[static_cast<size_t>(part)]; }

 private:
  // A pixel of the empty scene; `around` is the angle on the table, in turns from straight up.
  struct Ground {
    Color color;
    bool is_table = false;
    float around = 0;
  };
  explicit TurntablePicture(const TurntableView& view);
  void lay_ground();
  void draw_table(double turns);
  void draw_part(double around, bool is_bad);
  Color color_of_part(double u, double v, double x, double y, bool is_bad) const;

  TurntableView view_;
  std::vector<bool> bad_;
  double phase_ = 0;                    // of the light
  double middle_x_ = 0, middle_y_ = 0;  // of the table, in pixels
  double reach_ = 0;                    // from there to the middle of a part
  double radius_ = 0;                   // of a part
  std::vector<Ground> ground_;
  std::vector<Color> canvas_;
};

}  // namespace turnstone
