// What compare.py calls: a preprocessor of f32 [1, 3, height, width] behind plain C functions.
#include "vision/preprocess.h"

#include <cstring>
#include <string_view>

#include "media/image.h"

using namespace turnstone;

extern "C" {

// A preprocessor to `width` x `height` with RGB means and scales, or null. `functions` is the name
// of a set of row functions, "" the best that runs here; `resize` is "bilinear" or "area".
void* bench_open(int width, int height, const double* mean, const double* scale, const char* resize,
                 const char* functions) {
  ModelInput input{"input", DType::f32, {1, 3, height, width}, Layout::nchw, {}, Preprocess{}};
  input.preprocess->mean = {mean, mean + 3};
  input.preprocess->scale = {scale, scale + 3};
  if (std::string_view(resize) == "area") input.preprocess->resize = Resize::area;
  const std::string_view name = functions;
  for (const auto* set : row_functions()) {
    if (!name.empty() && name != set->name) continue;
    auto made = make_preprocessor(input, *set);
    return made ? new Preprocessor(std::move(*made)) : nullptr;
  }
  return nullptr;
}

// Fills `tensor` from a picture of "bgr" or "i420" whose planes and rows follow one another without
// gaps. 0 when it is done.
int bench_run(void* preprocessor, const char* format, const uint8_t* pixels, int width, int height,
              float* tensor) {
  Frame frame;
  frame.format = std::string_view(format) == "bgr" ? PixelFormat::bgr : PixelFormat::i420;
  frame.width = width;
  frame.height = height;
  for (int plane = 0; plane < plane_count(frame.format); ++plane) {
    frame.planes[plane] = {pixels, row_bytes(frame.format, plane, width)};
    pixels += frame.planes[plane].stride * row_count(frame.format, plane, height);
  }
  return static_cast<Preprocessor*>(preprocessor)->run(frame, 0, tensor) ? 0 : 1;
}

// Gives back what bench_open made.
void bench_close(void* preprocessor) { delete static_cast<Preprocessor*>(preprocessor); }
}
