// What a frame turned into: everything a model said of one picture, in terms of the picture.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace turnstone {

// A box in the picture the camera delivered, in fractions of its width and height so that it
// survives resizing: 0 <= left < right <= 1, 0 <= top < bottom <= 1, origin top-left.
struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
};

// A point in fractions of the picture, origin top-left; may lie outside [0, 1].
struct Point {
  float x = 0, y = 0;
};

struct Detection {
  Box box = {};
  int label = -1;                // index into Model::labels, or -1
  float score = 0;               // 0..1
  std::vector<Point> keypoints;  // in the order of the model
  int track = -1;                // the same for the same thing over frames, or -1
};

// A class of the whole picture.
struct Classification {
  int label = -1;   // index into Model::labels
  float score = 0;  // 0..1
};

// What a zone or a gate of the picture says of the tracks of a frame.
struct ZoneSeen {
  struct Stay {
    int track = -1;
    std::chrono::nanoseconds dwell{0};
  };
  std::string name;
  std::vector<Stay> stays;  // that go on
  std::vector<Stay> ended;  // that this frame ended
};
struct GateSeen {
  struct Crossing {
    int track = -1;
    bool to_right = false;
  };
  std::string name;
  int64_t to_right = 0, to_left = 0;  // crossings since the start
  std::vector<Crossing> crossings;    // in this frame
};

// The result of one model on one frame.
struct Scene {
  std::string model;   // name of the model in the configuration
  std::string source;  // name of the source
  int64_t sequence = 0;
  std::string file;    // as in Frame
  std::string origin;  // as in Frame
  std::chrono::system_clock::time_point wall;
  bool disputed = false;                // a challenger of the model says something else
  std::vector<Classification> classes;  // falling by score; empty when the model does not classify
  std::vector<Detection> detections;    // falling by score
  std::vector<ZoneSeen> zones;          // in the order of the configuration
  std::vector<GateSeen> gates;
};

}  // namespace turnstone
