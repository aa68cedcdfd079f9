// Sound, and whatever else is sampled as it is: files and microphones, as windows of samples.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "capture/frame_reader.h"
#include "capture/video.h"

namespace turnstone {

// What to make of the sound; 0 leaves it as it comes.
struct SoundOptions {
  int channels = 0;  // mixed to so many
  int rate = 0;      // resampled to so many steps a second
};

// Opens a WAV file, or any other that GStreamer's installed plugins read. Its windows are as long
// as they come, their numbers count steps, their values are -1..1 where the file's are whole
// numbers. Errors: as open_video.
Result<std::unique_ptr<FrameReader>> open_sound_file(const std::filesystem::path& path,
                                                     const SoundOptions& options,
                                                     Pace pace = Pace::fast);

// Opens an ALSA device such as "default" or "hw:1,0", or what follows "gst:": a description of a
// live source of sound. Its windows are as those of a file; what nobody takes for a second is
// dropped, oldest first, and leaves a gap in the numbers. Errors: invalid, unavailable, as
// open_camera.
Result<std::unique_ptr<FrameReader>> open_microphone(const std::string& device,
                                                     const SoundOptions& options);

}  // namespace turnstone
