// For tests: the programs as users start them, in a folder of their own with a station of two dark
// pictures, which are Pass, and two bright ones, which are Fail.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/test_process.h"
#include "base/text.h"
#include "media/image.h"
#include "media/picture.h"

namespace turnstone::testing_tools {

// Each test starts programs, and looks at what they said.
class Programs : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_folder(file("pictures")));
    for (int i = 0; i < 4; ++i) write_picture(fmt::format("pictures/p{}.png", i), i < 2 ? 5 : 250);
    ASSERT_TRUE(write_file(file("station.toml"),
                           fmt::format("[[source]]\nname = \"camera\"\nkind = \"folder\"\n"
                                       "path = \"pictures\"\n"
                                       "[[model]]\nname = \"inspection\"\npackage = \"{}\"\n"
                                       "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\n",
                                       package())));
  }

  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  static std::string package(const std::string& name = "brightness1") {
    return std::string(TURNSTONE_TEST_PACKAGES) + "/" + name;
  }

  void write_picture(const std::string& name, uint8_t value) const {
    auto image = *make_image(PixelFormat::rgb, 320, 240);
    for (int y = 0; y < 240; ++y) std::fill_n(image.row(y), 320 * 3, value);
    ASSERT_TRUE(write_png(file(name), image.frame()));
  }

  std::unique_ptr<Process> start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), TURNSTONE_PROGRAM);
    for (const auto* name : {"out", "err"}) std::filesystem::remove(file(name));
    return std::make_unique<Process>(std::move(arguments), file("out"), file("err"));
  }
  int run(std::vector<std::string> arguments) const { return start(std::move(arguments))->wait(); }

  std::string out() const { return read_text(file("out")).value_or(""); }
  std::string err() const { return read_text(file("err")).value_or(""); }
  std::vector<Json> json_lines() const {
    std::vector<Json> made;
    for (const auto& line : split(out(), '\n'))
      if (!line.empty()) made.push_back(parse_json(line).value_or(Json("not JSON: " + line)));
    return made;
  }

  // The address of the page once the station has said it.
  std::string page_url() const {
    constexpr std::string_view before = "page: http";
    std::string url;
    eventually([&] {
      const auto text = err();
      const auto begin = text.find(before);
      const auto end = text.find('\n', begin);
      if (begin == std::string::npos || end == std::string::npos) return false;
      url = text.substr(begin + 6, end - begin - 6);
      return true;
    });
    return url;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-e2e");
};

}  // namespace turnstone::testing_tools
