#include "base/uuid.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <chrono>
#include <cstdint>
#include <random>

namespace turnstone {
namespace {

// Version and variant take the place of six of the 128 bits.
std::string print(uint64_t high, uint64_t low, uint64_t version) {
  high = (high & ~uint64_t{0xf000}) | version << 12;
  low = (low & ~uint64_t{0} >> 2) | uint64_t{1} << 63;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffff'ffff'ffff);
}

}  // namespace

std::string draw_uuid() {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  std::random_device random;
  const auto draw = [&] { return uint64_t{random()} << 32 | random(); };
  return print(static_cast<uint64_t>(now) << 16 | (draw() & 0xfff), draw(), 7);
}

std::string uuid_of(std::string_view text) {
  const auto hash = XXH3_128bits(text.data(), text.size());
  return print(hash.high64, hash.low64, 8);
}

}  // namespace turnstone
