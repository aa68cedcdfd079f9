// What a user may say about each kind of source. Plain fields: their names, units and legal values
// in the configuration stand in the tables of fields over them.
#pragma once

#include <string>

namespace turnstone {

// Pictures of a folder in natural order, once; or the folder watched for new ones.
struct FolderSourceConfig {
  std::string name = {};  // of the source
  std::string path = {};  // of the folder
  bool watch = false;     // go on with pictures that arrive, until stopped
  bool loop = false;      // start over after the last picture; not together with watch
  bool consume = false;   // move pictures to done/ or bad/ once their results are kept; no loop
  double interval = 0;    // seconds from one picture to the next, 0: as fast as they are taken
};

// A video file of any container and codec that GStreamer's installed plugins read.
struct VideoSourceConfig {
  std::string name = {};  // of the source
  std::string path = {};  // of the file
  bool loop = false;      // start over at the end
  bool realtime = false;  // at the pace of the recording, else as fast as frames are taken
};

// A camera of the machine.
struct V4l2SourceConfig {
  std::string name = {};               // of the source
  std::string device = "/dev/video0";  // its node
  int width = 0;                       // pixels, 0: as the camera likes
  int height = 0;                      // pixels, 0: as the camera likes
  double fps = 0;                      // frames a second, 0: as the camera likes
  std::string format = {};             // "", "mjpeg", "yuyv", "nv12" or "i420"
};

}  // namespace turnstone
