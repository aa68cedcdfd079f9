// The fields of every source that cuts samples into windows.
#pragma once

#include <array>

#include "station/field.h"
#include "station/window_builder.h"

namespace turnstone {

// To be joined to the table of a `Section` that derives from WindowConfig.
template <class Section>
std::array<Field<Section>, 2> window_fields() {
  return {{{"window",
            &Section::window,
            "steps",
            "length of a window, at least what the longest model takes",
            {.least = 1, .most = 1 << 20}},
           {"hop",
            &Section::hop,
            "steps",
            "from the start of one window to that of the next, 0: as long as the window",
            {.least = 0, .most = 1 << 20}}}};
}

}  // namespace turnstone
