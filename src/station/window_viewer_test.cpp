#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "base/test_process.h"
#include "base/text.h"
#include "media/picture.h"
#include "station/testing_kinds.h"
#include "station/testing_outcomes.h"
#include "station/testing_pictures.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::eventually;
using testing_tools::Process;

// An X server without a screen, and DISPLAY while it lives.
class Screen {
 public:
  static bool is_installed() {
    return testing_tools::has_program("Xvfb") &&
           testing_tools::run_program({"gst-inspect-1.0", "ximagesink"}) == 0 &&
           testing_tools::run_program({"gst-inspect-1.0", "ximagesrc"}) == 0;
  }

  // The server chooses a free number and tells it.
  Screen() {
    const auto number = (folder_.path() / "number").string();
    server_ =
        std::make_unique<Process>(std::vector<std::string>{"Xvfb", "-displayfd", "1", "-screen",
                                                           "0", "640x480x24", "-nolisten", "tcp"},
                                  number, "/dev/null");
    eventually([&] { return read_text(number).value_or("").ends_with("\n"); });
    display_ = ":" + std::string(trim(read_text(number).value_or("")));
    ::setenv("DISPLAY", display_.c_str(), 1);
  }
  ~Screen() { ::unsetenv("DISPLAY"); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // What the screen shows now, by a program that we did not write.
  std::optional<Image> shot() const {
    const auto file = (folder_.path() / "shot.png").string();
    if (testing_tools::run_program({"gst-launch-1.0", "-q", "ximagesrc", "display-name=" + display_,
                                    "num-buffers=1", "use-damage=false", "show-pointer=false", "!",
                                    "videoconvert", "!", "pngenc", "!", "filesink",
                                    "location=" + file}) != 0)
      return {};
    const auto frame = read_picture(file);
    return frame ? std::optional(*to_rgb(*frame)) : std::nullopt;
  }

 private:
  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-screen");
  std::unique_ptr<Process> server_;
  std::string display_;
};

Shown gray_picture(std::string label = "") {
  auto image = *make_image(PixelFormat::rgb, 640, 480);
  for (int y = 0; y < 480; ++y) std::fill_n(image.row(y), 640 * 3, 100);
  Shown shown{.frame = image.frame()};
  shown.frame.sequence = 91;
  if (label.empty()) return shown;
  shown.outcome = testing_tools::some_classes({"other", std::move(label)});
  return shown;
}

bool is(const Image& image, int x, int y, Color color) {
  const auto* pixel = image.row(y) + 3 * x;
  return std::abs(pixel[0] - color.red) < 8 && std::abs(pixel[1] - color.green) < 8 &&
         std::abs(pixel[2] - color.blue) < 8;
}

class WindowTest : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("DISPLAY");
    ::unsetenv("WAYLAND_DISPLAY");
  }
  std::unique_ptr<Viewer> open(const std::string& fields) const {
    auto viewer = testing_tools::open_viewer("kind = \"window\"\n" + fields);
    EXPECT_TRUE(viewer) << viewer.error().text;
    return viewer ? std::move(*viewer) : nullptr;
  }
};

// The demo's window: the middle of the camera's picture, with the model's part framed.
constexpr const char* demo =
    "width_px = 320\nheight_px = 240\nleft_px = 160\ntop_px = 120\n"
    "box = \"10,10,224,224\"\ndraw = \"none\"\nstats = true\n";

TEST_F(WindowTest, TheFrameIsGreenOrRedAsThePictureIsJudgedAndWhiteElse) {
  if (!Screen::is_installed()) GTEST_SKIP() << "Xvfb or gstreamer1.0-x is missing";
  const Screen screen;
  const auto window = open(demo);
  for (const auto& [label, color] :
       {std::pair("Pass", green), std::pair("Fail", red), std::pair("", white)}) {
    std::optional<Image> shot;
    const bool found = eventually([&] {
      const auto shown = window->show(gray_picture(label), {});
      EXPECT_TRUE(shown) << shown.error().text;
      shot = screen.shot();
      return shot && is(*shot, 10, 100, color);
    });
    ASSERT_TRUE(found) << label;
    EXPECT_TRUE(is(*shot, 233, 100, color)) << label;
    EXPECT_TRUE(is(*shot, 100, 10, color)) << label;
    EXPECT_TRUE(is(*shot, 100, 100, {100, 100, 100})) << label;
    EXPECT_TRUE(is(*shot, 319, 100, {100, 100, 100})) << label;
    EXPECT_TRUE(is(*shot, 330, 100, black)) << "outside of the window";
  }
  EXPECT_EQ(window->means(), "ximagesink");
}

TEST_F(WindowTest, RatesStandInItsCorner) {
  if (!Screen::is_installed()) GTEST_SKIP() << "Xvfb or gstreamer1.0-x is missing";
  const Screen screen;
  const auto window = open(demo);
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(window->show(gray_picture("Pass"), {}));
    const auto shot = screen.shot();
    if (!shot) return false;
    int bright = 0;
    for (int y = 225; y < 240; ++y)
      for (int x = 20; x < 120; ++x) bright += is(*shot, x, y, white) ? 1 : 0;
    return bright > 50;
  }));
}

TEST_F(WindowTest, WithoutADisplayItSaysSo) {
  const auto window = open("sink = \"ximagesink\"\n");
  const auto shown = window->show(gray_picture(), {});
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().code, Screen::is_installed() ? Code::unavailable : Code::unsupported);
}

TEST_F(WindowTest, WrongPlacesAreRefused) {
  EXPECT_EQ(testing_tools::open_viewer("kind = \"window\"\nbox = \"10,10\"\n").error().text,
            "box '10,10' is wrong, legal are such as 10,10,224,224");
  const auto window = open("left_px = 700\n");
  EXPECT_THAT(window->show(gray_picture(), {}).error().text,
              HasSubstr("outside of pictures of 640x480"));
}

}  // namespace
}  // namespace turnstone
