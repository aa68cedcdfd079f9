#include "station/cycle.h"

namespace turnstone {

const char* print(Phase phase) {
  switch (phase) {
    case Phase::idle:
      return "idle";
    case Phase::moving:
      return "moving";
    case Phase::settling:
      return "settling";
    case Phase::judging:
      return "judging";
    case Phase::sorting:
      return "sorting";
    case Phase::fault:
      return "fault";
  }
  CHECK(false);
}

}  // namespace turnstone
