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

// {"image":"img00501.jpg","result":"Fail","confidence":0.987}: a verdict as the turntable's users
// know it. The image is the last frame that was judged; null and "undecided" where no frame was.
std::string print_verdict_payload(const Outcome& outcome);

}  // namespace turnstone
