#include "station/gcode.h"

#include <gtest/gtest.h>

namespace turnstone {
namespace {

std::string refused(std::string_view line, char axis = 'X') {
  const auto state = parse_grbl_state(line, axis);
  return state ? "fine" : state.error().text;
}

TEST(Gcode, TheStateOfGrblHasAPlaceForEachAxis) {
  const auto state = parse_grbl_state("<Idle|MPos:0.000,1.500,-2.000|FS:0,0>", 'Y');
  ASSERT_TRUE(state) << state.error().text;
  EXPECT_FALSE(state->moves);
  EXPECT_EQ(state->place, 1.5);
  EXPECT_EQ(parse_grbl_state("<Jog|WPos:0,0,-2.000>", 'Z')->place, -2);
  EXPECT_TRUE(parse_grbl_state("<Jog|WPos:0,0,-2.000>", 'Z')->moves);
  EXPECT_FALSE(parse_grbl_state("<Idle:1|MPos:3,0,0>", 'X')->moves);
}

TEST(Gcode, AStateInWhichNothingMovesIsAnError) {
  EXPECT_EQ(refused("<Alarm|MPos:0,0,0>"), "controller is in state Alarm");
  EXPECT_EQ(refused("<Door:1|MPos:0,0,0>"), "controller is in state Door");
}

TEST(Gcode, WhatIsNoPlaceIsNamed) {
  EXPECT_EQ(refused("<Idle|MPos:0,0>", 'Z'), "status '<Idle|MPos:0,0>' holds no position of Z");
  for (const auto* line : {"<>", "<Idle>", "<Idle|MPos:>", "<Idle|MPos:inf,0,0>",
                           "<Idle|MPos:nan,0,0>", "<Idle|MPos:1e300,0,0>", "<Idle|MPos:1x,0,0>"})
    EXPECT_EQ(refused(line), fmt::format("status '{}' holds no position of X", line));
  EXPECT_EQ(refused("ok"), "'ok' is no status");
  EXPECT_EQ(refused("<"), "'<' is no status");
}

TEST(Gcode, RefusalsAreErrors) {
  EXPECT_TRUE(check_gcode_answer("ok"));
  EXPECT_TRUE(check_gcode_answer(""));
  EXPECT_EQ(check_gcode_answer("error:9").error().text, "controller says 'error:9'");
  EXPECT_EQ(check_gcode_answer("ALARM:1").error().text, "controller says 'ALARM:1'");
  EXPECT_EQ(check_gcode_answer("!! stopped").error().text, "controller says '!! stopped'");
}

}  // namespace
}  // namespace turnstone
