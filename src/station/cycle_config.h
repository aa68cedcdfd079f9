// What a user may say about the cycle and the machine it drives. Plain fields: their names, units
// and legal values in the configuration stand in the tables of fields over them.
#pragma once

#include <cstdint>
#include <string>

namespace turnstone {

// A round table that brings one part after the other before the camera. The defaults are those of
// a table with a geared stepper.
struct TurntableConfig {
  std::string driver = "simulated";     // "simulated", "grbl" or "marlin"
  std::string device = "/dev/ttyUSB0";  // of grbl and marlin: the serial line
  int baud = 115200;                    // of the line
  std::string axis = "X";               // of the controller, that turns the table
  double ticks_per_unit = 1;            // of the controller's millimetre or degree
  int64_t ticks_per_turn = 230408;
  int sections = 5;              // parts that stand on the table, at equal angles
  double velocity = 40'000;      // ticks a second, at most
  double acceleration = 60'000;  // ticks a second, a second; also when it slows down
};

// One source whose parts are judged one by one, none missed.
struct CycleConfig {
  std::string source = {};    // name of the source
  std::string model = {};     // name of the model whose classes are the verdict
  std::string stops = {};     // file of frame numbers: a recording; "": live, with the table
  std::string vote = "mean";  // "mean" of a part's frames, "last" or "batch": Voting

  // Live only; a recording's stops file says when a part stands.
  double settle_seconds = 0.2;  // from the end of motion to the first frame that counts
  double judge_seconds = 1.5;   // that frames of a part are judged
  int judge_frames = 0;         // judged frames that end it earlier, 0: no limit
  double timeout_seconds = 10;  // that a move, or the wait for a part's first frame, may take
  TurntableConfig table = {};
};

}  // namespace turnstone
