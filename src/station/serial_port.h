// A serial line to a controller.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/result.h"

namespace turnstone {

// Raw bytes, 8 data bits, no parity, one stop bit, no flow control. One thread at a time.
class SerialPort {
 public:
  // `baud` is one of the usual rates, 1200 to 921600; a pseudo-terminal takes any. Errors: invalid
  // (the rate), unavailable (no such device, in use by another, not a terminal).
  static Result<SerialPort> open(const std::string& device, int baud);

  // Sends all of it, for at most a second. Errors: unavailable.
  Result<> write(std::string_view bytes);

  // The next line without its end, or nothing when none is complete within `wait`. A line beyond
  // 4096 bytes is cut into several. Errors: unavailable (the device is gone).
  Result<std::optional<std::string>> read_line(std::chrono::milliseconds wait);

 private:
  SerialPort(std::string device, Descriptor line)
      : device_(std::move(device)), line_(std::move(line)) {}
  std::optional<std::string> take_line();

  std::string device_;
  Descriptor line_;
  std::string buffer_;
};

}  // namespace turnstone
