// What a user may say about the cycle and the machine it drives. Plain fields: their names, units
// and legal values in the configuration stand in the tables of fields over them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace turnstone {

// A round table that brings one part after the other before the camera. The defaults are those of
// a table with a geared stepper.
struct TurntableConfig {
  std::string driver = "simulated";     // "simulated", "grbl", "marlin" or "phidget"
  std::string device = "/dev/ttyUSB0";  // of grbl and marlin: the serial line
  int baud = 115200;                    // of the line
  std::string axis = "X";               // of the controller, that turns the table
  double ticks_per_unit = 1;            // of the controller's millimetre or degree
  int64_t ticks_per_turn = 230408;
  int sections = 5;              // parts that stand on the table, at equal angles
  double velocity = 40'000;      // ticks a second, at most
  double acceleration = 60'000;  // ticks a second, a second; also when it slows down

  // Of phidget.
  std::string library = "libphidget22.so.0";  // its maker's, a name or a path
  int serial_number = -1;                     // of the controller, -1: any
  int hub_port = -1;                          // where it is plugged into a hub, -1: any
  int channel = 0;
  double rescale_factor = 1;   // ticks of one step of the controller
  double current_limit = 2.5;  // amperes through the motor
};

// What takes a judged part where it belongs.
struct SorterConfig {
  std::string driver = "none";            // "none", "simulated" or "mqtt"
  std::vector<std::string> actions = {};  // LABEL=ACTION
  std::string otherwise = "reject";       // action for other labels, and for undecided parts
  double answer_seconds = 0.2;            // of simulated: from an action to its acknowledgement
  int late_every = 0;                     // of simulated: so many actions have one that is late
  double late_seconds = 5;                // of simulated: by which it is late
  int refuse_every = 0;                   // of simulated: so many actions have one that is refused
  std::string topic = {};                 // of mqtt: of actions
  std::string answer_topic = {};          // of mqtt: of acknowledgements
};

// One source whose parts are judged one by one, none missed.
struct CycleConfig {
  std::string source = {};    // name of the source
  std::string model = {};     // name of the model whose classes are the verdict
  std::string stops = {};     // file of frame numbers: a recording; "": live, with the table
  std::string vote = "mean";  // "mean" of a part's frames, "last" or "batch": Voting

  // Live only; a recording's stops file says when a part stands.
  double settle_seconds = 0.2;        // from the end of motion to the first frame that counts
  double judge_seconds = 1.5;         // that frames of a part are judged
  int judge_frames = 0;               // judged frames that end it earlier, 0: no limit
  double timeout_seconds = 10;        // of each phase that has none of its own
  double move_timeout_seconds = 0;    // that a move may take; 0, as in the others: timeout_seconds
  double settle_timeout_seconds = 0;  // until the table stands still for settle_seconds
  double judge_timeout_seconds = 0;   // that a frame, or the model's answer, may be waited for
  double sort_timeout_seconds = 0;    // from an action to its acknowledgement
  std::string unsorted = "fault";     // what a part is that was not sorted: "fault" or "count"
  int reinspections = 0;              // times that a doubtful part is judged again
  double reinspect_below = 0;         // score below which a part is doubtful; undecided ones are
  int stop_after_fails = 0;           // parts of stop_labels in a row that stop the line, 0: none
  std::vector<std::string> stop_labels = {"Fail"};
  int stop_after_faults = 0;  // faults that stop the line for good, 0: none
  TurntableConfig table = {};
  SorterConfig sorter = {};
};

}  // namespace turnstone
