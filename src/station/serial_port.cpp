#include "station/serial_port.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t most_line = 4096;

constexpr std::array<std::pair<int, speed_t>, 11> rates{{{1200, B1200},
                                                         {2400, B2400},
                                                         {4800, B4800},
                                                         {9600, B9600},
                                                         {19200, B19200},
                                                         {38400, B38400},
                                                         {57600, B57600},
                                                         {115200, B115200},
                                                         {230400, B230400},
                                                         {460800, B460800},
                                                         {921600, B921600}}};

std::optional<speed_t> find_rate(int baud) {
  for (const auto& [rate, speed] : rates)
    if (rate == baud) return speed;
  return {};
}

bool set_up(int descriptor, speed_t speed) {
  termios settings{};
  if (::tcgetattr(descriptor, &settings) != 0) return false;
  ::cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cflag &= ~static_cast<tcflag_t>(CSTOPB | CRTSCTS);
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  return ::cfsetspeed(&settings, speed) == 0 && ::tcsetattr(descriptor, TCSANOW, &settings) == 0 &&
         ::ioctl(descriptor, TIOCEXCL) == 0;
}

int remaining_ms(Steady::time_point until) {
  const auto left = std::chrono::duration_cast<milliseconds>(until - Steady::now()).count();
  return static_cast<int>(std::max<int64_t>(left, 0));
}

}  // namespace

Result<SerialPort> SerialPort::open(const std::string& device, int baud) {
  const auto speed = find_rate(baud);
  if (!speed)
    return fail(Code::invalid, "baud {} is wrong, legal are 1200, 2400, ... 115200 ... 921600",
                baud);
  Descriptor line(::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!line.is_open())
    return fail(Code::unavailable, "{}: cannot open: {}", device, std::strerror(errno));
  if (!set_up(line.number(), *speed))
    return fail(Code::unavailable, "{}: is no serial line: {}", device, std::strerror(errno));
  return SerialPort(device, std::move(line));
}

Result<> SerialPort::write(std::string_view bytes) {
  const auto until = Steady::now() + milliseconds(1000);
  while (!bytes.empty()) {
    const auto put = ::write(line_.number(), bytes.data(), bytes.size());
    if (put > 0) bytes.remove_prefix(static_cast<size_t>(put));
    if (put >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN)
      return fail(Code::unavailable, "{}: cannot write: {}", device_, std::strerror(errno));
    pollfd ready{line_.number(), POLLOUT, 0};
    if (::poll(&ready, 1, remaining_ms(until)) == 0)
      return fail(Code::unavailable, "{}: takes nothing", device_);
  }
  return {};
}

std::optional<std::string> SerialPort::take_line() {
  const auto end = buffer_.find('\n');
  if (end == std::string::npos && buffer_.size() < most_line) return {};
  auto line = buffer_.substr(0, std::min(end, most_line));
  buffer_.erase(0, end == std::string::npos ? most_line : end + 1);
  while (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

Result<std::optional<std::string>> SerialPort::read_line(milliseconds wait) {
  const auto until = Steady::now() + wait;
  for (;;) {
    if (auto line = take_line()) return line;
    pollfd ready{line_.number(), POLLIN, 0};
    const int seen = ::poll(&ready, 1, remaining_ms(until));
    if (seen < 0 && errno == EINTR) continue;
    if (seen == 0) return std::nullopt;
    char bytes[512];
    const auto got = ::read(line_.number(), bytes, sizeof bytes);
    if (got > 0)
      buffer_.append(bytes, static_cast<size_t>(got));
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
      return fail(Code::unavailable, "{}: is gone", device_);
  }
}

}  // namespace turnstone
