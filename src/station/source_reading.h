// What sources that read from a FrameReader share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "capture/frame_reader.h"
#include "station/source.h"
#include "station/source_configs.h"

namespace turnstone {

// How one kind of source reads.
struct Reading {
  std::string name;                   // of the source
  std::chrono::milliseconds silence;  // without a frame, after which the source has failed
};

// Delivers the frames of `reader` until it ends, fails or a stop is requested. Numbers go on from
// `next`, which it keeps. Errors: those of the reader; unavailable after too long a silence.
Result<SourceEnd> read_frames(FrameReader& reader, const Reading& reading, int64_t& next,
                              std::stop_token stop, const FrameSink& deliver,
                              const ErrorSink& report);

// Opens a file from its start.
using ReaderOpener = std::function<Result<std::unique_ptr<FrameReader>>()>;

// A source of what `open` gives, once or, as `config` says, again and again. A run after one that
// failed goes on with the frame at which it failed.
std::unique_ptr<Source> make_video_source(const VideoSourceConfig& config, ReaderOpener open);

}  // namespace turnstone
