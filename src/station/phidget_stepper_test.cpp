// The real driver, over a library that plays the controller.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "station/stepper.h"
#include "station/testdata/phidget.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using testing_tools::eventually;

class PhidgetStepper : public testing::Test {
 protected:
  void SetUp() override {
    void* library = ::dlopen(table_.library.c_str(), RTLD_NOW);
    ASSERT_TRUE(library) << ::dlerror();
    peer_ = static_cast<phidget_peer*>(::dlsym(library, "peer"));
    ASSERT_TRUE(peer_);
    *peer_ = {};
    peer_->plugged = 1;
    peer_->position = 1234;
  }

  void open() {
    auto stepper = open_phidget_stepper(table_);
    ASSERT_TRUE(stepper) << stepper.error().text;
    stepper_ = std::move(*stepper);
  }

  bool arrives() {
    return eventually([this] { return !stepper_->is_moving().value_or(true); });
  }

  TurntableConfig table_ = {.velocity = 50'000,
                            .acceleration = 60'000,
                            .library = TURNSTONE_TEST_PACKAGES "/libphidget22.so.0"};
  phidget_peer* peer_ = nullptr;
  std::unique_ptr<Stepper> stepper_;
};

TEST_F(PhidgetStepper, IsOpenedWithItsSettingsAndCountsFromWhereItStands) {
  table_.serial_number = 423'851;
  table_.hub_port = 2;
  table_.rescale_factor = 0.5;
  open();
  EXPECT_EQ(peer_->serial_number, 423'851);
  EXPECT_EQ(peer_->hub_port, 2);
  EXPECT_EQ(peer_->channel, 0);
  EXPECT_EQ(peer_->waited, 5000u);
  EXPECT_EQ(peer_->mode, 0);
  EXPECT_EQ(peer_->rescale_factor, 0.5);
  EXPECT_EQ(peer_->velocity, 50'000);
  EXPECT_EQ(peer_->acceleration, 60'000);
  EXPECT_EQ(peer_->current_limit, 2.5);
  EXPECT_EQ(peer_->engaged, 1);
  EXPECT_EQ(*stepper_->position(), 0);
  EXPECT_FALSE(*stepper_->is_moving());
}

TEST_F(PhidgetStepper, MovesFromWhereItStands) {
  open();
  ASSERT_TRUE(stepper_->move_by(1000));
  EXPECT_TRUE(*stepper_->is_moving());
  ASSERT_TRUE(arrives());
  ASSERT_TRUE(stepper_->move_by(-1500));
  ASSERT_TRUE(arrives());
  EXPECT_EQ(*stepper_->position(), -500);
}

TEST_F(PhidgetStepper, RefusesToMoveWhileItMoves) {
  open();
  ASSERT_TRUE(stepper_->move_by(1'000'000));
  EXPECT_EQ(stepper_->move_by(1).error().text, "stepper is still moving");
}

TEST_F(PhidgetStepper, StaysWhereItIsHaltedAndMovesAgainFromThere) {
  open();
  ASSERT_TRUE(stepper_->move_by(1'000'000));
  ASSERT_TRUE(eventually([this] { return stepper_->position().value_or(0) > 0; }));
  ASSERT_TRUE(stepper_->halt());
  EXPECT_FALSE(*stepper_->is_moving());
  const auto here = *stepper_->position();
  EXPECT_LT(here, 1'000'000);
  ASSERT_TRUE(stepper_->move_by(500));
  ASSERT_TRUE(arrives());
  EXPECT_EQ(*stepper_->position(), here + 500);
}

TEST_F(PhidgetStepper, LetsGoOfTheMotorAtTheEnd) {
  open();
  stepper_.reset();
  EXPECT_EQ(peer_->engaged, 0);
  EXPECT_EQ(peer_->opened, 0);
}

TEST_F(PhidgetStepper, EveryFailureIsAnError) {
  peer_->plugged = 0;
  EXPECT_EQ(open_phidget_stepper(table_).error().text,
            "phidget: no controller was found: Timed Out (0x03)");
  peer_->plugged = 1;
  peer_->code = 0x0d;
  const std::pair<const char*, const char*> settings[] = {{"create", "create"},
                                                          {"setControlMode", "control mode"},
                                                          {"setRescaleFactor", "rescale_factor"},
                                                          {"setVelocityLimit", "velocity"},
                                                          {"setAcceleration", "acceleration"},
                                                          {"setCurrentLimit", "current_limit_a"},
                                                          {"getPosition", "position"},
                                                          {"addPositionOffset", "home"},
                                                          {"setEngaged", "engage"}};
  for (const auto& [function, what] : settings) {
    peer_->failing = function;
    EXPECT_EQ(open_phidget_stepper(table_).error().text,
              fmt::format("phidget: {}: Invalid Argument (0x0d)", what));
  }
}

TEST_F(PhidgetStepper, AControllerThatWasPulledIsAnError) {
  open();
  peer_->plugged = 0;
  const std::string pulled = ": Device not Attached (0x34)";
  EXPECT_EQ(stepper_->is_moving().error().text, "phidget: is moving" + pulled);
  EXPECT_EQ(stepper_->position().error().text, "phidget: position" + pulled);
  EXPECT_EQ(stepper_->halt().error().text, "phidget: halt" + pulled);
  EXPECT_EQ(stepper_->move_by(1).error().code, Code::unavailable);
}

TEST_F(PhidgetStepper, SaysThatTheLibraryIsNotInstalledOrAnother) {
  table_.library = "libphidget22-that-is-not-there.so.0";
  const auto missing = open_phidget_stepper(table_).error();
  EXPECT_EQ(missing.code, Code::unavailable);
  EXPECT_TRUE(
      missing.text.starts_with("Phidget22, the library of the controller's maker, is not "
                               "installed: libphidget22-that-is-not-there.so.0: "))
      << missing.text;
  table_.library = "libm.so.6";
  EXPECT_EQ(open_phidget_stepper(table_).error().text,
            "libm.so.6: is not Phidget22, it has no function PhidgetStepper_create");
}

}  // namespace
}  // namespace turnstone
