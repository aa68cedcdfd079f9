#include "capture/shared_frames.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include "base/descriptor.h"
#include "capture/include/turnstone_frames.h"
#include "media/image.h"

namespace turnstone {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::nanoseconds;

static_assert(sizeof(ts_ring) == 128 && sizeof(ts_frame) == 128);
static_assert(static_cast<int>(PixelFormat::nv12) == TS_NV12 &&
              static_cast<int>(PixelFormat::i420) == TS_I420 &&
              static_cast<int>(PixelFormat::gray) == TS_GRAY &&
              static_cast<int>(PixelFormat::bgrx) == TS_BGRX);

constexpr uint64_t most_slot_bytes = uint64_t{1} << 33;
constexpr uint64_t most_published = uint64_t{1} << 40;  // centuries
constexpr uint64_t most_padding = 4096;                 // bytes behind a row
constexpr std::chrono::milliseconds poll_every(10);     // for writers that wake nobody
constexpr std::chrono::minutes oldest(1);               // of what a writer says of its times

// The page with the futex. Only its address is used: what lies there is never looked at.
class WakePage {
 public:
  explicit WakePage(int file)
      : page_(::mmap(nullptr, sizeof(ts_ring), PROT_READ, MAP_SHARED, file, 0)) {}
  WakePage(const WakePage&) = delete;
  WakePage& operator=(const WakePage&) = delete;
  ~WakePage() {
    if (page_ != MAP_FAILED) ::munmap(page_, sizeof(ts_ring));
  }

  // Returns when somebody wakes, when the word is not `seen`, or after `time`; early at will.
  void wait(uint32_t seen, nanoseconds time) const {
    const timespec limit{.tv_sec = time.count() / 1'000'000'000,
                         .tv_nsec = time.count() % 1'000'000'000};
    if (page_ != MAP_FAILED &&
        (::syscall(SYS_futex, static_cast<char*>(page_) + offsetof(ts_ring, wake), FUTEX_WAIT, seen,
                   &limit, nullptr, 0) == 0 ||
         errno == EAGAIN || errno == ETIMEDOUT))
      return;
    ::nanosleep(&limit, nullptr);
  }

 private:
  void* page_;
};

class SharedFrames final : public FrameReader {
 public:
  SharedFrames(std::string path, Descriptor file)
      : path_(std::move(path)), file_(std::move(file)), page_(file_.number()) {}

  // Errors: unavailable.
  Result<> start() {
    if (::fstat(file_.number(), &identity_) != 0) return lost(std::strerror(errno));
    TRY(read(&first_, sizeof first_, 0));
    if (first_.magic != TS_FRAMES_MAGIC) return lost("holds no ring of frames");
    if (first_.version != TS_FRAMES_VERSION)
      return lost(
          fmt::format("has version {}, legal is {}", uint32_t{first_.version}, TS_FRAMES_VERSION));
    const uint64_t slots = first_.slot_count;
    const auto bytes = first_.slot_bytes;
    if (slots < 2 || slots > TS_FRAMES_MOST_SLOTS || bytes <= sizeof(ts_frame) || bytes % 64 != 0 ||
        bytes > most_slot_bytes ||
        sizeof(ts_ring) + slots * bytes > static_cast<uint64_t>(identity_.st_size))
      return lost(fmt::format("says it has {} slots of {} bytes in a file of {}", slots, bytes,
                              identity_.st_size));
    next_ = TRY(head()).published;
    return {};
  }

  Result<Grab> next(std::chrono::milliseconds wait) override {
    const auto deadline = Steady::now() + wait;
    for (;;) {
      const auto now_there = TRY(head());
      if (auto grab = TRY(find_next(now_there.published))) return std::move(*grab);
      if (now_there.closed != 0) return lost("its writer has closed it");
      const auto left = deadline - Steady::now();
      if (left <= nanoseconds(0)) break;
      page_.wait(now_there.wake, std::min<nanoseconds>(left, poll_every));
    }
    TRY(check_name());
    return Grab{};
  }

 private:
  std::unexpected<Error> lost(std::string_view why) const {
    return fail(Code::unavailable, "{}: {}", path_, why);
  }

  Result<> read(void* into, uint64_t bytes, uint64_t at) const {
    for (auto* place = static_cast<char*>(into); bytes > 0;) {
      const auto count = ::pread(file_.number(), place, bytes, static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return lost(std::strerror(errno));
      if (count == 0) return lost("was cut short");
      place += count;
      at += static_cast<uint64_t>(count);
      bytes -= static_cast<uint64_t>(count);
    }
    return {};
  }

  Result<ts_ring> head() const {
    ts_ring ring;
    TRY(read(&ring, sizeof ring, 0));
    if (ring.magic != first_.magic || ring.version != first_.version ||
        ring.slot_count != first_.slot_count || ring.slot_bytes != first_.slot_bytes ||
        ring.ring_id != first_.ring_id)
      return lost("became another ring");
    if (ring.published > most_published || ring.published < next_)
      return lost(fmt::format("counts {} frames, {} were there", uint64_t{ring.published}, next_));
    return ring;
  }

  // The oldest frame that was not read and is whole, if there is one.
  Result<std::optional<Grab>> find_next(uint64_t published) {
    const uint64_t kept = first_.slot_count - 1;
    if (published > kept) next_ = std::max(next_, published - kept);
    while (next_ < published) {
      auto grab = TRY(slot(next_));
      ++next_;
      if (grab) return grab;
    }
    return std::nullopt;
  }

  uint64_t place_of(uint64_t number) const {
    return sizeof(ts_ring) + number % first_.slot_count * first_.slot_bytes;
  }

  // Frame `number`; nothing where it is overwritten by now.
  Result<std::optional<Grab>> slot(uint64_t number) {
    ts_frame before;
    TRY(read(&before, sizeof before, place_of(number)));
    if (before.begun != number + 1 || before.finished != number + 1) return std::nullopt;
    auto frame = picture(before, number);
    if (!frame && frame.error().code == Code::unavailable)
      return std::unexpected(std::move(frame).error());
    std::atomic_thread_fence(std::memory_order_seq_cst);
    ts_frame after;
    TRY(read(&after, sizeof after, place_of(number)));
    if (std::memcmp(&before, &after, sizeof before) != 0) return std::nullopt;
    if (!frame)
      return Grab{.kind = Grab::broken,
                  .error = std::move(frame).error().in(fmt::format("{}: frame {}", path_, number))};
    frame->sequence = static_cast<int64_t>(number - first_.published);
    set_times(*frame, before);
    return Grab{.kind = Grab::frame, .picture = std::move(*frame)};
  }

  // The pixels that a slot tells of. Errors: invalid (they do not lie in the slot), unavailable.
  Result<Frame> picture(const ts_frame& slot, uint64_t number) const {
    if (slot.format > TS_NV12)
      return fail(Code::invalid, "pixel format {} is wrong, legal are 0..{}", uint32_t{slot.format},
                  static_cast<int>(TS_NV12));
    TRY(check_picture_size(slot.width, slot.height));
    Frame frame;
    frame.format = static_cast<PixelFormat>(slot.format);
    frame.width = static_cast<int>(slot.width);
    frame.height = static_cast<int>(slot.height);
    uint64_t total = 0;
    const int planes = plane_count(frame.format);
    for (int plane = 0; plane < planes; ++plane) total += TRY(bytes_of(frame, slot, plane)) + 64;
    const std::shared_ptr<uint8_t[]> pixels(new (std::nothrow) uint8_t[total]);
    if (!pixels) return fail(Code::unavailable, "no memory for {} bytes of pixels", total);
    auto* place = pixels.get();
    for (int plane = 0; plane < planes; ++plane) {
      const auto bytes = TRY(bytes_of(frame, slot, plane));
      TRY(read(place, bytes, place_of(number) + slot.offset[plane]));
      frame.planes[static_cast<size_t>(plane)] = {place, static_cast<int64_t>(slot.stride[plane])};
      place += (bytes + 63) / 64 * 64;
    }
    frame.owner = pixels;
    return frame;
  }

  // Bytes of a plane from its first pixel to its last.
  Result<uint64_t> bytes_of(const Frame& frame, const ts_frame& slot, int plane) const {
    const auto row = static_cast<uint64_t>(row_bytes(frame.format, plane, frame.width));
    const auto rows = static_cast<uint64_t>(row_count(frame.format, plane, frame.height));
    const auto stride = slot.stride[plane];
    if (stride < row || stride > row + most_padding)
      return fail(Code::invalid, "stride {} of plane {} is outside [{}, {}]", stride, plane, row,
                  row + most_padding);
    const auto bytes = stride * (rows - 1) + row;
    const auto offset = slot.offset[plane];
    if (offset < sizeof(ts_frame) || offset > first_.slot_bytes ||
        bytes > first_.slot_bytes - offset)
      return fail(Code::invalid, "plane {} of {} bytes at {} does not lie in a slot of {}", plane,
                  bytes, offset, uint64_t{first_.slot_bytes});
    return bytes;
  }

  // A time that cannot be is taken for now.
  static void set_times(Frame& frame, const ts_frame& slot) {
    const auto now = Steady::now();
    const auto wall_now = std::chrono::system_clock::now();
    const Steady::time_point taken(nanoseconds(slot.monotonic_ns));
    const bool known = slot.monotonic_ns > 0 && taken <= now && now - taken < oldest;
    frame.taken = known ? taken : now;
    frame.wall = wall_now - (now - frame.taken);
    const std::chrono::system_clock::time_point wall(nanoseconds(slot.wall_ns));
    if (known && slot.wall_ns > 0 && wall <= wall_now && wall_now - wall < oldest)
      frame.wall = wall;
  }

  // A writer that was started again makes a new ring under the old name.
  Result<> check_name() const {
    struct stat now_there;
    if (::stat(path_.c_str(), &now_there) != 0) return lost("is gone");
    if (now_there.st_ino != identity_.st_ino || now_there.st_dev != identity_.st_dev)
      return lost("another ring has taken its place");
    return {};
  }

  std::string path_;
  Descriptor file_;
  WakePage page_;
  struct stat identity_ = {};
  ts_ring first_ = {};  // as it was opened
  uint64_t next_ = 0;   // number of the frame to be read next
};

}  // namespace

Result<std::unique_ptr<FrameReader>> open_shared_frames(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open())
    return fail(errno == ENOENT ? Code::missing : Code::unavailable, "{}: {}", path.string(),
                std::strerror(errno));
  struct stat status;
  if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(Code::invalid, "{}: is no regular file", path.string());
  auto frames = std::make_unique<SharedFrames>(path.string(), std::move(file));
  TRY(frames->start());
  return frames;
}

}  // namespace turnstone
