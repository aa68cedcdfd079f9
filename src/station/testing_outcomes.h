// Outcomes for tests of what is sent of them.
#pragma once

#include <memory>

#include "media/image.h"
#include "station/outcome.h"

namespace turnstone::testing_tools {

// A time with every part of a date: 2026-03-07 08:05:09.250 UTC.
inline std::chrono::system_clock::time_point some_time() {
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(1'772'870'709'250));
}

// A verdict on part 3 of a turntable: Fail, 0.987.
inline Outcome some_verdict() {
  auto model = std::make_shared<Model>();
  model->task = Task::classification;
  model->labels = {"Pass", "Fail"};
  Outcome outcome{.id = "0199", .model = model, .top = 5, .scene = {}, .verdict = Verdict{}};
  outcome.scene.source = "camera";
  outcome.scene.model = "inspection";
  outcome.scene.sequence = 91;
  outcome.scene.wall = some_time();
  outcome.verdict->part = 3;
  outcome.verdict->label = 1;
  outcome.verdict->score = 0.987F;
  outcome.verdict->frames = 34;
  outcome.verdict->classes = {{1, 0.987F}, {0, 0.013F}};
  outcome.verdict->scene = outcome.scene;
  return outcome;
}

// A picture of one class: label 1, 0.217, then label 0, 0.1.
inline Outcome some_classes(std::vector<std::string> labels) {
  auto outcome = some_verdict();
  auto model = std::make_shared<Model>(*outcome.model);
  model->labels = std::move(labels);
  outcome.model = model;
  outcome.verdict.reset();
  outcome.scene.file = "x.jpg";
  outcome.scene.classes = {{1, 0.217F}, {0, 0.1F}};
  return outcome;
}

// Two faces in a gray picture of 200x100 pixels: 0.87 and 0.553, of label 1.
inline Outcome some_faces() {
  auto outcome = some_verdict();
  auto model = std::make_shared<Model>();
  model->task = Task::detection;
  model->labels = {"background", "face"};
  outcome.model = model;
  outcome.verdict.reset();
  outcome.frame = make_image(PixelFormat::gray, 200, 100)->frame();
  for (const auto& [box, score] :
       {std::pair(Box{0.1F, 0.2F, 0.3F, 0.6F}, 0.87F), std::pair(Box{0.5F, 0.5F, 1, 1}, 0.553F)}) {
    auto& face = outcome.scene.detections.emplace_back();
    face.box = box;
    face.label = 1;
    face.score = score;
  }
  return outcome;
}

}  // namespace turnstone::testing_tools
