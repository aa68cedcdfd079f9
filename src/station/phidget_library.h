// The stepper functions of Phidget22, its maker's C library, found when the program runs: a station
// without such a controller does not need it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace turnstone {

// Its functions as they are called there, without "Phidget_" and "PhidgetStepper_". All return 0 or
// a code that `error_of` explains. A channel is a PhidgetStepperHandle.
class PhidgetLibrary {
 public:
  using Channel = void*;

  // `name` is a file's name as the linker knows it, or a path. Errors: unavailable (it cannot be
  // loaded, a function is missing). It stays loaded, since it has threads.
  static Result<PhidgetLibrary> load(const std::string& name);

  // What `code` means in the library's words, after what was tried.
  Error error_of(std::string_view what, int code) const;

  int (*create)(Channel*) = nullptr;
  int (*destroy)(Channel*) = nullptr;
  int (*set_device_serial_number)(Channel, int32_t) = nullptr;
  int (*set_hub_port)(Channel, int) = nullptr;
  int (*set_channel)(Channel, int) = nullptr;
  int (*open_wait_for_attachment)(Channel, uint32_t milliseconds) = nullptr;
  int (*close)(Channel) = nullptr;
  int (*get_error_description)(int, const char**) = nullptr;
  int (*set_control_mode)(Channel, int) = nullptr;
  int (*set_rescale_factor)(Channel, double) = nullptr;
  int (*set_velocity_limit)(Channel, double) = nullptr;
  int (*set_acceleration)(Channel, double) = nullptr;
  int (*set_current_limit)(Channel, double) = nullptr;
  int (*set_engaged)(Channel, int) = nullptr;
  int (*set_target_position)(Channel, double) = nullptr;
  int (*add_position_offset)(Channel, double) = nullptr;
  int (*get_position)(Channel, double*) = nullptr;
  int (*get_is_moving)(Channel, int*) = nullptr;
};

}  // namespace turnstone
