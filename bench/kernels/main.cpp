// Times the float, 16-bit and 8-bit kernels in layers of MobileNetV2 and ResNet for many tiles,
// beside the peak of multiply-adds measured in the same run. Usage: bench_kernels [LANES
// [SECONDS]], LANES 8 or 16, SECONDS a layer (0.03).
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "layers.h"
#include "native.h"

namespace {

std::vector<MatrixLayer> matrix_layers(int lanes) {
  const std::pair<int, int> wide[] = {{6, 4},  {7, 4},  {6, 3}, {7, 3},  {8, 3},
                                      {9, 3},  {7, 2},  {8, 2}, {10, 2}, {12, 2},
                                      {13, 2}, {14, 2}, {8, 1}, {14, 1}, {16, 1}};
  const std::pair<int, int> narrow[] = {{2, 4}, {3, 4}, {3, 3}, {4, 3},  {4, 2}, {5, 2},
                                        {6, 2}, {7, 2}, {8, 1}, {10, 1}, {12, 1}};
  const auto tiles = lanes == 16 ? std::span<const std::pair<int, int>>(wide) : narrow;
  struct Shape {
    int pixels, depth, channels, window;
  };
  const Shape shapes[] = {{3136, 24, 144, 1}, {3136, 144, 24, 1},  {784, 192, 32, 1},
                          {196, 96, 576, 1},  {196, 576, 96, 1},   {49, 320, 1280, 1},
                          {3136, 64, 256, 1}, {196, 1024, 256, 1}, {3136, 192, 64, 3}};
  std::vector<MatrixLayer> layers;
  for (const auto& shape : shapes)
    for (auto [columns, vectors] : tiles)
      for (bool outside : {true, false})
        layers.push_back({"gemm/fma", shape.pixels, shape.depth, shape.channels, shape.window,
                          columns, vectors, outside});
  for (const auto& shape : {Shape{784, 192, 32, 1}, {196, 96, 576, 1}, {196, 576, 96, 1}})
    for (auto [columns, vectors] : tiles) {
      layers.push_back(
          {"gemm/pairs", shape.pixels, shape.depth, shape.channels, 1, columns, vectors, true});
      if (lanes == 16)
        layers.push_back(
            {"gemm/vnni", shape.pixels, shape.depth, shape.channels, 1, columns, vectors, true});
    }
  return layers;
}

std::vector<DepthwiseLayer> depthwise_layers() {
  std::vector<DepthwiseLayer> layers;
  for (auto [size, channels, stride] :
       {std::tuple{112, 32, 1}, {56, 96, 2}, {56, 144, 1}, {28, 192, 1}, {14, 576, 1}})
    for (int rows : {1, 2})
      for (int columns : {1, 2, 4, 7, 14})
        for (bool outside : {true, false})
          layers.push_back({size, channels, stride, rows, columns, outside});
  return layers;
}

template <class Layers>
void time_all(const Native& native, const Layers& layers, void* const* buffers, double peak,
              double budget) {
  for (const auto& layer : layers) {
    const auto name = layer.name();
    auto run = reinterpret_cast<void (*)(void* const*)>(find(native, name));
    const double rate = layer.operations() / fastest(run, buffers, budget) / 1e9;
    const auto spilled = native.spills.find(name);
    fmt::print("{:44} {:8.1f} GOP/s {:6.1f} %  stack {}\n", name, rate, 100 * rate / peak,
               spilled == native.spills.end() ? 0 : spilled->second);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_wide = __builtin_cpu_supports("avx512f");
  const int lanes = argc > 1 ? std::atoi(argv[1]) : is_wide ? 16 : 8;
  const double budget = argc > 2 ? std::atof(argv[2]) : 0.03;
  if ((lanes != 8 && lanes != 16) || !(budget > 0)) {
    fmt::print(stderr, "usage: bench_kernels [8|16 [SECONDS]]\n");
    return 2;
  }
  if (lanes == 16 && !is_wide) {
    fmt::print(stderr, "bench_kernels: 16 lanes want AVX-512, which this processor has not\n");
    return 2;
  }
  const auto matrix = matrix_layers(lanes);
  const auto depthwise = depthwise_layers();
  auto text = fmt::format("#define LANES {}\n", lanes);
  for (auto name : {"vector", "pairs", "window"}) text += turnstone::kernel_text(name);
  text += print_peak(lanes);
  for (const auto& layer : matrix) text += print_layer(layer, lanes);
  for (const auto& layer : depthwise) text += print_layer(layer, lanes);
  const auto native = compile(text, lanes);

  const size_t bytes = size_t{64} << 20;
  void* buffers[4];
  for (auto& buffer : buffers) {
    buffer = std::aligned_alloc(4096, bytes);
    if (!buffer) return 1;
    std::fill_n(static_cast<unsigned char*>(buffer), bytes, 0x3c);  // floats of 0.0115
  }
  auto peak_run = reinterpret_cast<void (*)(void* const*)>(find(native, "peak"));
  const double peak = peak_operations(lanes) / fastest(peak_run, buffers, 0.5) / 1e9;
  fmt::print("peak of multiply-adds, {} lanes: {:.1f} GFLOP/s\n", lanes, peak);
  time_all(native, matrix, buffers, peak, budget);
  time_all(native, depthwise, buffers, peak, budget);
  const double again = peak_operations(lanes) / fastest(peak_run, buffers, 0.5) / 1e9;
  fmt::print("peak at the end: {:.1f} GFLOP/s\n", again);
}
