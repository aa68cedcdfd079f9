// A picture in memory, as a camera, a file or a network delivered it; or a window of samples, as
// sensors and microphones do.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "media/place.h"
#include "media/receipt.h"

namespace turnstone {

// How pixels lie in memory, one byte a sample but for f32.
enum class PixelFormat {
  rgb,   // one plane, 3 bytes a pixel
  bgr,   // one plane, 3 bytes a pixel
  rgbx,  // one plane, 4 bytes a pixel, the fourth is ignored
  bgrx,  // one plane, 4 bytes a pixel, the fourth is ignored
  gray,  // one plane, 1 byte a pixel
  i420,  // three planes: Y, then U and V at half width and height
  nv12,  // two planes: Y, then U and V in turn at half width and height
  f32,   // no picture: one plane of floats; each row is a channel, from its first step to its last
};

// What Y, U and V mean: the equations, and whether they use all of 0..255 or, as most video does,
// Y 16..235 and U and V 16..240. As it is made: that of JPEG.
enum class YuvMatrix { bt601, bt709, bt2020 };
struct YuvSpace {
  YuvMatrix matrix = YuvMatrix::bt601;
  bool is_full = true;
  bool operator==(const YuvSpace&) const = default;
};

struct Plane {
  const uint8_t* data = nullptr;
  int64_t stride = 0;  // bytes from one row to the next
};

struct Piece;

// Does not own its pixels: `owner` keeps them alive for as long as any copy of the frame is.
// Pixels never change once a frame is delivered, so copies may be read by any thread.
struct Frame {
  PixelFormat format = PixelFormat::rgb;
  YuvSpace yuv;    // of i420 and nv12
  int width = 0;   // pixels; steps of f32
  int height = 0;  // pixels; channels of f32
  std::array<Plane, 3> planes = {};
  std::shared_ptr<const void> owner;

  // When the picture was captured, or read; of a window, its last step.
  std::chrono::steady_clock::time_point taken;
  std::chrono::system_clock::time_point wall;  // the same moment on the wall clock
  std::string source;                          // name of the source that delivered it
  int64_t sequence = 0;  // counts from 0 in each source, gaps where frames were dropped
  double rate = 0;       // of f32: steps a second; 0: nobody knows
  std::string file;      // file name without folders, where the picture has one, else ""
  std::string message;   // the text of the message that asked for it to be judged, else ""

  // Of a picture that is taken away when it is done with: its name across restarts, and who hears
  // what became of it. Else "" and null.
  std::string origin;
  std::shared_ptr<Receipt> receipt;

  // Where the frame is a piece of another picture, else null: what it shows of which picture. That
  // has no receipt.
  std::shared_ptr<const Piece> piece;
  std::shared_ptr<const Frame> whole;
};

// A thing that a model found in a picture, cut out for another model.
struct Piece {
  Geometry place;  // of the frame, in fractions of the whole picture
  Box box = {};    // of the thing, there too; the frame may show more
  std::string of;  // label of the thing
  int track = -1;  // of the thing, or -1
  std::string
      path;  // tells it from other things of the picture: "/3", "/3/0" where it was found in it
};

}  // namespace turnstone
