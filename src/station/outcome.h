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
  Frame frame =
      {};  // the whole picture of the scene, without its receipt; empty where there is none
};

// "2026-11-21T08:15:00.250Z".
std::string print_time(std::chrono::system_clock::time_point time);

// The label's text; for -1 "undecided", or "unknown" of an embedding.
std::string word_of(const Model& model, int label);

// Whether the scene is of classes, else it shows things.
bool classifies(const Scene& scene, const Model& model);

// The picture's file name, or img%05d.jpg of the frame's number where it has none.
std::string picture_name(const Scene& scene);

// {"label","class","score"} of each class, at most `top`.
Json classes_json(const std::vector<Classification>& classes, const Model& model, int top);

// What a model says of one picture: "picture", told as it is, and
// - of a thing that another model found in it, "of", the thing's label, "box", where it is, and
//   "track" where it has one; all places are those of the whole picture;
// - of a classification "label", "class", "score" and "top", a list of {"label","class","score"};
// - of a detection or pose "detections", a list of
// {"label","class","score","box","keypoints","mask"}:
//   box [left, top, right, bottom] and keypoints [[x, y] or [x, y, score], ...] in fractions of the
//   picture, the latter and mask where the model gives them;
// - of a segmentation "shares", a list of {"label","class","share"} of what is seen, share 0..1 of
// the
//   picture's area, and "mask": {"width","height","box","runs"}, a grid of cells over the box in
//   fractions of the picture (it may reach outside), row by row as runs [class, cells]; class -1 is
//   none. In a detection's mask class 1 is the thing, 0 is not;
// - of an anomaly detector also "anomaly": {"score","at"}, where the map is largest, as [x, y];
// - of a regression "values", a list of {"label","value"};
// - of an embedding also "embedding", a list of numbers; a class unlike all in the gallery is
// called
//   "unknown" and has the number -1.
Json scene_json(const Scene& scene, const Model& model, std::string_view picture, int top);

// One line of a JSON-lines file, without the line end: the scene or {"part","label",...} of a
// verdict, then source, model, frame, time and, where it has them, message and id. No frame had a
// say in a verdict: the picture is null; the part had no frame at all: the frame too.
std::string print_outcome(const Outcome& outcome);

}  // namespace turnstone
