// Modules of testdata/ opened for a test, and given back at its end.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "turnstone.h"

using Model = std::unique_ptr<ts_model, decltype(&ts_close)>;
using Pool = std::unique_ptr<ts_pool, decltype(&ts_pool_close)>;
using Context = std::unique_ptr<ts_context, decltype(&ts_context_close)>;

// Shape of the input and the output of the modules that double: f32[4,2,3,2].
inline constexpr std::array<int64_t, 4> doubled_shape{4, 2, 3, 2};
inline constexpr size_t doubled_count = 48;

// A folder of the test's own, removed at its end.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = testing::TempDir() + "runtime-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder below " << testing::TempDir();
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
};

inline std::string module_path(const std::string& name) {
  return std::string(TURNSTONE_TEST_MODULES) + "/" + name + ".so";
}

// Opens a module of testdata/; the test has failed when it is null.
inline Model open_model(const std::string& name) {
  char text[512];
  ts_model* model = nullptr;
  EXPECT_EQ(ts_open_detail(module_path(name).c_str(), text, sizeof text, &model), TS_OK) << text;
  return {model, ts_close};
}

inline Pool open_pool(int threads) {
  ts_pool* pool = nullptr;
  EXPECT_EQ(ts_pool_open(threads, &pool), TS_OK);
  return {pool, ts_pool_close};
}

inline Context open_context(const Model& model, ts_pool* pool = nullptr) {
  ts_context* context = nullptr;
  EXPECT_EQ(ts_context_open(model.get(), pool, &context), TS_OK);
  return {context, ts_context_close};
}

// first, first + 1, ...: an input of the modules that double.
inline std::vector<float> counted_from(float first) {
  std::vector<float> numbers(doubled_count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

inline ts_status set_doubled_input(const Context& context, const std::vector<float>& numbers) {
  return ts_set_input(context.get(), 0, numbers.data(), TS_F32, doubled_shape.data(), 4);
}

inline std::vector<float> first_output(const Context& context) {
  const auto* data = static_cast<const float*>(ts_output(context.get(), 0));
  return {data, data + doubled_count};
}

inline std::vector<float> twice(std::vector<float> numbers) {
  for (auto& number : numbers) number *= 2;
  return numbers;
}
