// What happens in a station beside outcomes, told as texts in the words of the systems that users
// come from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turnstone {

// One thing that has happened.
struct Happening {
  enum Kind {
    loading,     // a model is being opened
    loaded,      // and is in service
    started,     // the station judges from now on
    opened,      // somebody reads the FIFO
    answered,    // a store has taken a picture, and said something
    stored,      // a picture is in the store
    not_stored,  // a picture could not be stored this time
    failed,      // a source gives no pictures, a model cannot be taken into service
    unsent,      // a sink cannot send what it has; nobody is told by a sink
  };
  Kind kind = started;
  std::string text = {};  // the model's name, or what a store or an error said
};

// The words in which happenings can be told, for tables of fields: "plain" and those of systems.
std::vector<std::string> status_words();

// The text in those words; nothing where that system says nothing of it.
std::optional<std::string> print_status(const Happening& happening, std::string_view words);

}  // namespace turnstone
