// Whole layers around one kernel and tile, as C: what the benchmark times.
#pragma once

#include <string>

// A matrix product or convolution: `pixels` outputs of `channels`, each from `kernel` rows of
// `depth` inputs.
struct MatrixLayer {
  std::string kernel;  // template: gemm/fma, gemm/pairs, gemm/vnni
  int pixels, depth, channels, window;
  int columns, vectors;  // tile
  bool panels_outside;   // weights outermost, so that a panel stays in L1; else pixels outermost
  std::string name() const;
  double operations() const { return 2.0 * pixels * depth * window * channels; }
};

// A 3x3 depthwise convolution over a padded plane of `size` x `size` outputs.
struct DepthwiseLayer {
  int size, channels, stride;
  int rows, columns;      // tile
  bool channels_outside;  // channels between the loops over rows and columns; else innermost
  std::string name() const;
  // Columns that do not fill a tile are left out.
  double operations() const { return 2.0 * 9 * size * (size / columns * columns) * channels; }
};

// A function `void NAME(void *const *arguments)` over x, w, bias and y.
std::string print_layer(const MatrixLayer& layer, int lanes);
std::string print_layer(const DepthwiseLayer& layer, int lanes);

// `void peak(void *const *)`: `operations` floating-point operations in registers alone.
std::string print_peak(int lanes);
double peak_operations(int lanes);
