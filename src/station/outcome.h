// What leaves the station for one frame or one part, and its JSON.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "media/frame.h"
#include "station/verdict.h"
#include "vision/model_info.h"
#include "vision/scene.h"

namespace turnstone {

// A scene of free running, or the verdict on a part; then the scene is that of its last judged
// frame. Copies are cheap but for the scene.
struct Outcome {
  std::string id = {};                 // the same wherever and however often it is sent
  std::shared_ptr<const Model> model;  // whose labels the scene's numbers mean
  int top = 5;                         // classes to tell
  Scene scene;
  std::optional<Verdict> verdict;
  Frame frame = {};  // of the scene, without its receipt; empty where there is none
};

// Scores and fractions carry about seven digits; more would only be noise of the conversion.
double rounded(float value);

// "2026-11-21T08:15:00.250Z".
std::string print_time(std::chrono::system_clock::time_point time);

// The label's text, "undecided" for -1.
std::string word_of(const Model& model, int label);

// Whether the scene is of classes, else it shows things.
bool classifies(const Scene& scene, const Model& model);

// The picture's file name, or img%05d.jpg of the frame's number where it has none.
std::string picture_name(const Scene& scene);

// {"label","class","score"} of each class, at most `top`.
Json classes_json(const std::vector<Classification>& classes, const Model& model, int top);

// What a model says of one picture: {"picture","label","class","score","top"} of a classification,
// {"picture","detections"} of a detection. `picture` is told as it is.
Json scene_json(const Scene& scene, const Model& model, std::string_view picture, int top);

// One line of a JSON-lines file, without the line end: the scene or {"part","label",...} of a
// verdict, then source, model, frame, time and, where it has one, id. No frame had a say in a
// verdict: the picture is null; the part had no frame at all: the frame too.
std::string print_outcome(const Outcome& outcome);

}  // namespace turnstone
