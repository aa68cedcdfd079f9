// What leaves the station: made by a sink of an outcome, kept by the spool until it has arrived.
#pragma once

#include <filesystem>
#include <string>

namespace turnstone {

// What a message is worth when not all can be kept: the last goes first.
enum class Worth { result, picture, video };

// One thing that a sink sends.
struct Message {
  std::string id = {};       // of its outcome, and its place among several; given on the way
  std::string address = {};  // where it goes as its sink means it: a topic, a key; or ""
  std::string body = {};
  Worth worth = Worth::result;
  std::filesystem::path file =
      {};  // instead of `body`: a file that is complete and changes no more
};

// A message and the stream, which is a sink's name, that it stands in.
struct Parcel {
  std::string stream;
  Message message;
};

}  // namespace turnstone
