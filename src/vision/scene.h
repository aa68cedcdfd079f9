// What a frame turned into: everything a model said of one picture, in terms of the picture.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/frame.h"
#include "media/place.h"

namespace turnstone {

// A named place of a thing: an eye, a wrist. As Point, and how sure the model is.
struct Keypoint {
  float x = 0, y = 0;
  float score = -1;  // 0..1, or -1 where the model gives none
};

// Which thing is where, on a grid over a part of the picture: row by row from the top-left corner.
struct Mask {
  static constexpr uint8_t no_label = 255;
  int width = 0, height = 0;   // cells
  std::vector<uint8_t> cells;  // index into Model::labels, or no_label; of a detection 1 inside it
  Geometry place;              // of the grid
};

// How unusual the picture is, and where.
struct Anomaly {
  float score = 0;            // 0..1
  int width = 0, height = 0;  // cells; 0 without a map
  std::vector<float> cells;   // 0..1, row by row from the top-left corner
  Geometry place;             // of the grid
};

// A number that the model gives of the picture.
struct Measurement {
  int label = -1;  // index into Model::labels
  float value = 0;
};

struct Detection {
  Box box = {};
  int label = -1;                        // index into Model::labels, or -1
  float score = 0;                       // 0..1
  std::vector<Keypoint> keypoints = {};  // in the order of the model
  std::optional<Mask> mask = {};         // of the cells that its box covers
  int track = -1;                        // the same for the same thing over frames, or -1
};

// A class of the whole picture.
struct Classification {
  int label = -1;   // index into Model::labels, or -1: unlike all that are known
  float score = 0;  // 0..1
};

// What a zone or a gate of the picture says of the tracks of a frame.
struct ZoneSeen {
  // A visit of one track.
  struct Stay {
    int track = -1;
    std::chrono::nanoseconds dwell{0};
  };
  std::string name;
  std::vector<Stay> stays;  // that go on
  std::vector<Stay> ended;  // that this frame ended
};
struct GateSeen {
  // Who crossed, and which way.
  struct Crossing {
    int track = -1;
    bool to_right = false;
  };
  std::string name;
  int64_t to_right = 0, to_left = 0;  // crossings since the start
  std::vector<Crossing> crossings;    // in this frame
};

// The result of one model on one frame. All places are those of the whole picture, also where the
// model judged a piece of it.
struct Scene {
  std::string model;   // name of the model in the configuration
  std::string source;  // name of the source
  int64_t sequence = 0;
  std::string file;                    // as in Frame
  std::string origin;                  // as in Frame
  std::string message;                 // as in Frame
  std::shared_ptr<const Piece> piece;  // as in Frame
  std::chrono::system_clock::time_point wall;
  bool disputed = false;                // a challenger of the model says something else
  std::vector<Classification> classes;  // falling by score; empty when the model does not classify
  std::vector<Detection> detections;    // falling by score
  std::vector<ZoneSeen> zones;          // in the order of the configuration
  std::vector<GateSeen> gates;
  std::optional<Mask> mask;   // of a segmentation
  std::vector<float> shares;  // of each label in the mask's cells within the picture, 0..1
  std::optional<Anomaly> anomaly;
  std::vector<float> embedding;     // of length 1
  std::vector<Measurement> values;  // in the order of the model
};

}  // namespace turnstone
