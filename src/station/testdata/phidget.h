/* What a test sees of the controller that testdata/phidget.c plays, and does to it. */
#ifndef TURNSTONE_TESTDATA_PHIDGET_H
#define TURNSTONE_TESTDATA_PHIDGET_H

#include <stdint.h>

/* The symbol `peer` of the library is one. */
struct phidget_peer {
  const char* failing; /* function that fails, by its name without the prefix; NULL: none */
  int code;            /* that it returns */
  int plugged;         /* 0: nothing to attach to, or just pulled */
  int serial_number, hub_port, channel, mode, engaged, opened;
  uint32_t waited; /* milliseconds, for the controller */
  double rescale_factor, velocity, acceleration, current_limit;
  double position, target;
  double told; /* seconds, when the target was set */
  double then; /* seconds, when `position` was so */
};

#endif
