// Frames that another program puts into a ring in shared memory; include/turnstone_frames.h is the
// manual of its layout.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "capture/frame_reader.h"

namespace turnstone {

// Opens the ring at `path`; its first frame is the first that is published afterwards. Each frame
// is copied once, by the kernel: nothing of the ring is mapped to be read, so a writer that cuts
// the file short cannot end this program, and nothing changes after it was checked. Frames that
// were overwritten before they were read whole are gaps in the numbers; a frame that makes no sense
// is `broken`. Errors: missing (no such file), invalid (no regular file), unavailable (no ring of
// this version, closed, cut short, or another one has taken its place: open it again).
Result<std::unique_ptr<FrameReader>> open_shared_frames(const std::filesystem::path& path);

}  // namespace turnstone
