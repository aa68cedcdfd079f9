// What leaves the station and has not arrived yet: on disk, in the order of each stream, until its
// sink says that it has arrived. Survives the end of the process and of the power.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "station/message.h"

namespace turnstone {

// How much may wait of each worth; the oldest of it goes first.
struct SpoolLimits {
  std::array<int64_t, 3> most_bytes = {int64_t{1} << 30, int64_t{4} << 30, int64_t{8} << 30};
  std::array<std::chrono::seconds, 3> most_age = {
      std::chrono::hours(24 * 365), std::chrono::hours(24 * 30), std::chrono::hours(24 * 7)};
};

// Of one stream.
struct SpoolCounters {
  int64_t waiting = 0;               // messages
  int64_t bytes = 0;                 // of them
  int64_t dropped = 0;               // since the spool was made: what went before it had arrived
  std::chrono::milliseconds age{0};  // of the oldest, 0 when none waits
};

// Thread-safe.
class Spool {
 public:
  virtual ~Spool() = default;

  // The most messages that may wait in a stream beside those that are being delivered; one more
  // drops its oldest.
  virtual void limit(const std::string& stream, int64_t most) = 0;

  // Keeps all parcels of a group or, with an error, none of it, and tells so for each group; they
  // are on disk when it returns. One whose id waits in its stream already is the same and not kept
  // twice. All groups, and what other threads put meanwhile, are written at once. Where the disk is
  // full, older messages of the least worth make room, or the parcels of a group themselves are
  // dropped; both are counted. A message's file is kept as a second name of it, or as a copy where
  // it is on another file system. Errors: unavailable (the disk fails), unsupported (a file, and
  // the spool is in memory).
  virtual std::vector<Result<>> put_all(std::vector<std::vector<Parcel>> groups) = 0;

  // One group.
  Result<> put(std::vector<Parcel> parcels) {
    std::vector<std::vector<Parcel>> groups;
    groups.push_back(std::move(parcels));
    return put_all(std::move(groups)).front();
  }

  // The oldest messages of a stream, at most `most`. They cannot be dropped, nor go files that were
  // put, until `remove`. Errors: unavailable.
  virtual Result<std::vector<Message>> oldest(const std::string& stream, size_t most) = 0;

  // The first `arrived` messages of the last `oldest` are done with; the rest waits on. Should the
  // power fail before parcels are put the next time, they may wait again. With an
  // error they wait still, or some of them, and it may be tried again. Errors: unavailable.
  virtual Result<> remove(const std::string& stream, size_t arrived) = 0;

  // Those of a stream that was never put into are 0.
  virtual SpoolCounters counters(const std::string& stream) const = 0;

  // The streams in which messages wait.
  virtual std::vector<std::string> streams() const = 0;

  // Whether messages outlive the process.
  virtual bool is_durable() const = 0;
};

// Opens the spool in `folder`, which is made when it is not there; one process at a time. With an
// empty folder the spool is in memory and ends with the process. Errors: unavailable (cannot be
// made or written, in use), invalid (holds something else).
Result<std::unique_ptr<Spool>> open_spool(const std::filesystem::path& folder,
                                          const SpoolLimits& limits = {});

}  // namespace turnstone
