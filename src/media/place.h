// Places in a picture, in fractions of its width and height, so that they survive resizing.
#pragma once

namespace turnstone {

// A box in the picture the camera delivered, in fractions of its width and height so that it
// survives resizing: 0 <= left < right <= 1, 0 <= top < bottom <= 1, origin top-left.
struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
};

// A point in fractions of the picture, origin top-left; may lie outside [0, 1].
struct Point {
  float x = 0, y = 0;
};

// A part of the picture in fractions of it: the rectangle that the whole of a model's input, or of
// a grid, shows. May reach outside [0, 1], as where a letterbox was filled.
struct Geometry {
  double left = 0, top = 0, width = 1, height = 1;

  // From fractions of the rectangle to fractions of the picture.
  Point to_picture(double x, double y) const {
    return {static_cast<float>(left + x * width), static_cast<float>(top + y * height)};
  }

  // Where a part of the rectangle lies that is given in fractions of it.
  Geometry part(const Geometry& inner) const {
    return {left + inner.left * width, top + inner.top * height, inner.width * width,
            inner.height * height};
  }
};

}  // namespace turnstone
