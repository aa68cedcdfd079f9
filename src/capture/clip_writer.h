// Encoded pictures into a video file that can be played however its writing ends.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "capture/encoder.h"

namespace turnstone {

enum class Container { mkv, mp4 };

// One thread at a time.
class ClipWriter {
 public:
  // Without `finish` before it, what was written in the last second or so may be missing.
  virtual ~ClipWriter() = default;

  // Adds the next picture in the order of decoding; the first is a key picture, its time becomes 0.
  // Errors: unavailable (the disk).
  virtual Result<> write(const EncodedPicture& picture) = 0;

  // Completes the file, with its length and an index, and syncs it. Nothing may be written any
  // more. Errors: unavailable.
  virtual Result<> finish() = 0;
};

// Makes or replaces the file. A second or so of the end is lost when the process is killed; mp4 is
// written in fragments. Errors: unavailable (cannot be written), unsupported (a plugin is missing).
Result<std::unique_ptr<ClipWriter>> open_clip(const std::filesystem::path& path,
                                              Container container);

}  // namespace turnstone
