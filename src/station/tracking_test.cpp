#include "station/tracking.h"

#include <gtest/gtest.h>

#include "station/outcome.h"
#include "station/testing_outcomes.h"

namespace turnstone {
namespace {

std::string refused(const ModelConfig& config) {
  const auto made = Tracking::make(config);
  return made ? "fine" : made.error().text;
}

// A thing whose box's lower edge stands at `x`, 0.7.
Scene scene_at(float x) {
  Scene scene;
  auto& thing = scene.detections.emplace_back();
  thing.box = {x - 0.1F, 0.3F, x + 0.1F, 0.7F};
  thing.label = 0;
  thing.score = 0.9F;
  return scene;
}

TEST(Tracking, AThingThatWalksIsNumberedCountedAndTimed) {
  ModelConfig config;
  config.zones = {"left=0,0 0.5,0 0.5,1 0,1"};
  config.gates = {"middle=0.5,1 0.5,0"};
  auto tracking = *Tracking::make(config);
  Outcome outcome = testing_tools::some_faces();
  for (int i = 0; i <= 10; ++i) {
    Frame frame;
    frame.source = "camera";
    frame.width = frame.height = 100;
    frame.taken = std::chrono::steady_clock::time_point(std::chrono::milliseconds(100 * i));
    auto scene = scene_at(0.3F + 0.04F * static_cast<float>(i));
    tracking.follow(frame, scene);
    EXPECT_EQ(scene.detections[0].track, 1) << i;
    outcome.scene.zones = scene.zones;
    outcome.scene.gates = scene.gates;
    if (i != 2) continue;
    const auto line = print_outcome(outcome);
    EXPECT_NE(line.find(R"("zones":{"left":{"count":1,"stays":[{"track":1,"dwell_s":0.2}],)"
                        R"("ended":[]}},"gates":{"middle":{"to_right":0,"to_left":0,)"
                        R"("crossings":[]}})"),
              std::string::npos)
        << line;
  }
  EXPECT_EQ(outcome.scene.zones[0].stays.size(), 0u);
  EXPECT_EQ(outcome.scene.gates[0].to_right, 1);
  EXPECT_EQ(outcome.scene.gates[0].to_left, 0);
}

TEST(Tracking, EachSourceHasItsOwnNumbers) {
  ModelConfig config;
  config.track = true;
  auto tracking = *Tracking::make(config);
  for (const auto* source : {"a", "b"}) {
    Frame frame;
    frame.source = source;
    auto scene = scene_at(0.5F);
    tracking.follow(frame, scene);
    EXPECT_EQ(scene.detections[0].track, 1);
  }
}

TEST(Tracking, WrongPlacesAreRefused) {
  ModelConfig config;
  config.zones = {"door"};
  EXPECT_EQ(refused(config), "zones: 'door' is not NAME=X,Y X,Y ...");
  config.zones = {"door=0,0 1,0"};
  EXPECT_TRUE(refused(config).starts_with("zones: door: ")) << refused(config);
  config.zones = {"door=0,0 1,0 1,2"};
  EXPECT_EQ(refused(config), "zones: '2' is no fraction of the picture, legal is 0 to 1");
  config.zones = {};
  config.gates = {"exit=0,0"};
  EXPECT_EQ(refused(config), "gates: exit: has 1 points, legal are 2");
}

}  // namespace
}  // namespace turnstone
