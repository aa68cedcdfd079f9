#include "base/uuid.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <random>

namespace turnstone {

std::string draw_uuid() {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const auto time = static_cast<uint64_t>(now) & 0xffff'ffff'ffff;
  std::random_device random;
  const uint32_t high = random() & 0xfff, middle = random() & 0x3fff, low = random(),
                 rest = random() & 0xffff;
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:04x}{:08x}", time >> 16, time & 0xffff, high,
                     0x8000 | middle, rest, low);
}

}  // namespace turnstone
