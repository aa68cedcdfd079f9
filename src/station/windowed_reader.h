// Windows of a fixed length out of samples that come in pieces of any length.
#pragma once

#include <memory>

#include "capture/frame_reader.h"
#include "station/window_builder.h"

namespace turnstone {

// A reader of the windows in what `pieces` gives, which are windows of samples whose numbers count
// steps. A window never spans a gap between pieces, nor a change of channels; windows are numbered
// from 0, with a gap in the numbers where steps were lost. `config.rate` is not used: the pieces
// say theirs. Errors: those of `pieces`; invalid when the windows are too large.
std::unique_ptr<FrameReader> make_windowed_reader(std::unique_ptr<FrameReader> pieces,
                                                  const WindowConfig& config);

}  // namespace turnstone
