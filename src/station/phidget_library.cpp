#include "station/phidget_library.h"

#include <dlfcn.h>

#include "base/text.h"

namespace turnstone {
namespace {

template <class Function>
Result<> find(void* library, const std::string& file, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function) return {};
  return fail(Code::unavailable, "{}: is not Phidget22, it has no function {}", file, name);
}

}  // namespace

Result<PhidgetLibrary> PhidgetLibrary::load(const std::string& name) {
  void* library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library)
    return fail(Code::unavailable,
                "Phidget22, the library of the controller's maker, is not installed: {}",
                printable(::dlerror()));
  PhidgetLibrary made;
  TRY(find(library, name, "PhidgetStepper_create", made.create));
  TRY(find(library, name, "PhidgetStepper_delete", made.destroy));
  TRY(find(library, name, "Phidget_setDeviceSerialNumber", made.set_device_serial_number));
  TRY(find(library, name, "Phidget_setHubPort", made.set_hub_port));
  TRY(find(library, name, "Phidget_setChannel", made.set_channel));
  TRY(find(library, name, "Phidget_openWaitForAttachment", made.open_wait_for_attachment));
  TRY(find(library, name, "Phidget_close", made.close));
  TRY(find(library, name, "Phidget_getErrorDescription", made.get_error_description));
  TRY(find(library, name, "PhidgetStepper_setControlMode", made.set_control_mode));
  TRY(find(library, name, "PhidgetStepper_setRescaleFactor", made.set_rescale_factor));
  TRY(find(library, name, "PhidgetStepper_setVelocityLimit", made.set_velocity_limit));
  TRY(find(library, name, "PhidgetStepper_setAcceleration", made.set_acceleration));
  TRY(find(library, name, "PhidgetStepper_setCurrentLimit", made.set_current_limit));
  TRY(find(library, name, "PhidgetStepper_setEngaged", made.set_engaged));
  TRY(find(library, name, "PhidgetStepper_setTargetPosition", made.set_target_position));
  TRY(find(library, name, "PhidgetStepper_addPositionOffset", made.add_position_offset));
  TRY(find(library, name, "PhidgetStepper_getPosition", made.get_position));
  TRY(find(library, name, "PhidgetStepper_getIsMoving", made.get_is_moving));
  return made;
}

Error PhidgetLibrary::error_of(std::string_view what, int code) const {
  const char* text = nullptr;
  if (get_error_description(code, &text) != 0 || !text) text = "unknown";
  return {Code::unavailable,
          fmt::format("phidget: {}: {} (0x{:02x})", what, printable(text), code)};
}

}  // namespace turnstone
