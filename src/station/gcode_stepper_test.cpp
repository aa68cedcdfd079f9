// Drivers of motion controllers against a scripted controller at the other end of a
// pseudo-terminal.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "base/test_process.h"
#include "base/text.h"
#include "station/stepper.h"

namespace turnstone {
namespace {

using testing_tools::eventually;

// A controller whose motions last until the test ends them.
class Controller {
 public:
  // Answers a line; the motion may begin or end.
  using Answer = std::function<std::string(Controller&, const std::string&)>;

  explicit Controller(Answer answer) : answer_(std::move(answer)) {
    int slave = -1;
    char name[128];
    CHECK(::openpty(&master_, &slave, name, nullptr, nullptr) == 0);
    termios raw{};
    ::tcgetattr(slave, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(slave, TCSANOW, &raw);
    device = name;
    slave_ = slave;
    thread_ = std::jthread([this](std::stop_token stop) { work(stop); });
  }
  ~Controller() {
    thread_.request_stop();
    thread_.join();
    if (master_ >= 0) ::close(master_);
    if (slave_ >= 0) ::close(slave_);
  }

  void say(const std::string& text) const {
    CHECK(::write(master_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

  std::string device;
  std::atomic<bool> moves = false;
  std::atomic<double> place = 0;
  std::atomic<double> target = 0;

 private:
  void work(const std::stop_token& stop) {
    std::string buffer;
    while (!stop.stop_requested()) {
      pollfd ready{master_, POLLIN, 0};
      if (::poll(&ready, 1, 5) != 1) continue;
      char bytes[256];
      const auto got = ::read(master_, bytes, sizeof bytes);
      for (ssize_t i = 0; i < got; ++i) {
        const bool at_once = bytes[i] == '?' || static_cast<unsigned char>(bytes[i]) == 0x85;
        if (at_once)
          hear(std::string(1, bytes[i]));
        else if (bytes[i] == '\n')
          hear(std::exchange(buffer, ""));
        else
          buffer += bytes[i];
      }
    }
  }
  void hear(const std::string& line) {
    {
      const std::lock_guard lock(mutex_);
      heard_.push_back(line);
    }
    say(answer_(*this, line));
  }

  Answer answer_;
  int master_ = -1, slave_ = -1;
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::jthread thread_;
};

double number_after(const std::string& text, char letter) {
  return std::strtod(text.c_str() + text.rfind(letter) + 1, nullptr);
}

std::string grbl(Controller& controller, const std::string& line) {
  if (line == "?")
    return fmt::format("<{}|MPos:{:.3f},0.000,0.000|FS:0,0>\r\n", controller.moves ? "Jog" : "Idle",
                       controller.place.load());
  if (line == "\x85") {
    controller.moves = false;
    return "";
  }
  if (line.starts_with("$J=")) {
    controller.target = controller.place + number_after(line.substr(0, line.find(" F")), 'X');
    controller.moves = true;
  }
  return "ok\r\n";
}

std::string marlin(Controller& controller, const std::string& line) {
  if (line == "M400") return "echo:busy: processing\n";
  if (line == "M114") return "X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0\nok\n";
  if (line.starts_with("G0")) controller.moves = true;
  if (line == "M410") controller.moves = false;
  return "ok\n";
}

// The table turns until the controller answers M400.
void expect_to_move_until_answered(Controller& controller, Stepper& stepper, int64_t ticks) {
  ASSERT_TRUE(stepper.move_by(ticks));
  EXPECT_TRUE(eventually([&] { return controller.heard().back() == "M400"; }));
  EXPECT_TRUE(*stepper.is_moving());
  controller.say("ok\n");
  EXPECT_TRUE(eventually([&] { return !*stepper.is_moving(); }));
}

TurntableConfig table_of(const Controller& controller, const std::string& driver) {
  TurntableConfig table;
  table.driver = driver;
  table.device = controller.device;
  table.ticks_per_unit = 100;
  table.velocity = 1000;
  return table;
}

TEST(GcodeStepper, MovesATableOfGrbl) {
  Controller controller(grbl);
  controller.place = 7;
  auto stepper = open_gcode_stepper(table_of(controller, "grbl"));
  ASSERT_TRUE(stepper) << stepper.error().text;
  EXPECT_EQ(*(*stepper)->position(), 0);
  ASSERT_TRUE((*stepper)->move_by(250));
  EXPECT_EQ(controller.heard().back(), "$J=G91 G21 X2.5000 F600.0");
  EXPECT_TRUE(*(*stepper)->is_moving());
  EXPECT_EQ((*stepper)->move_by(1).error().code, Code::invalid);
  controller.place = 8;
  EXPECT_EQ(*(*stepper)->position(), 100);
  controller.place = controller.target.load();
  controller.moves = false;
  EXPECT_FALSE(*(*stepper)->is_moving());
  EXPECT_EQ(*(*stepper)->position(), 250);
  ASSERT_TRUE((*stepper)->move_by(-250));
  ASSERT_TRUE((*stepper)->halt());
  EXPECT_FALSE(*(*stepper)->is_moving());
}

TEST(GcodeStepper, AnAlarmOfGrblIsTold) {
  Controller controller([](Controller& c, const std::string& line) -> std::string {
    if (line.starts_with("$J=")) return "error:15\r\n";
    return grbl(c, line);
  });
  auto stepper = *open_gcode_stepper(table_of(controller, "grbl"));
  const auto moved = stepper->move_by(10);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Code::unavailable);
  EXPECT_EQ(moved.error().text, controller.device + ": controller says 'error:15'");
}

TEST(GcodeStepper, MovesATableOfMarlin) {
  Controller controller(marlin);
  auto stepper = open_gcode_stepper(table_of(controller, "marlin"));
  ASSERT_TRUE(stepper) << stepper.error().text;
  expect_to_move_until_answered(controller, **stepper, 250);
  EXPECT_EQ(*(*stepper)->position(), 250);
  ASSERT_TRUE((*stepper)->move_by(10));
  ASSERT_TRUE((*stepper)->halt());
  EXPECT_EQ(controller.heard().back(), "M410");
  const auto heard = controller.heard();
  EXPECT_NE(std::ranges::find(heard, "G0 X2.5000 F600.0"), heard.end());
}

// While a board starts it keeps what it hears, and answers all of it at once.
TEST(GcodeStepper, AnswersThatMarlinOwesAreNotThoseOfLaterCommands) {
  std::atomic<int> asked = 0;
  Controller controller([&](Controller& c, const std::string& line) -> std::string {
    if (line != "M114") return marlin(c, line);
    return ++asked == 1 ? "" : marlin(c, line) + marlin(c, line);
  });
  auto stepper = open_gcode_stepper(table_of(controller, "marlin"));
  ASSERT_TRUE(stepper) << stepper.error().text;
  expect_to_move_until_answered(controller, **stepper, 250);
}

TEST(GcodeStepper, WrongSettingsAreRefused) {
  TurntableConfig table;
  table.driver = "grbl";
  table.device = "/dev/no-such-line";
  EXPECT_EQ(open_gcode_stepper(table).error().text,
            "/dev/no-such-line: cannot open: No such file or directory");
  table.baud = 1234;
  EXPECT_EQ(open_gcode_stepper(table).error().code, Code::invalid);
  table.axis = "A";
  EXPECT_EQ(open_gcode_stepper(table).error().text, "axis 'A' is none of X, Y, Z");
}

}  // namespace
}  // namespace turnstone
