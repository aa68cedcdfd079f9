// Streams of the network: RTSP cameras and servers, and motion JPEG over HTTP.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "capture/frame_reader.h"

namespace turnstone {

// Where a stream is and how to ask for it.
struct StreamOptions {
  std::string url = {};                     // rtsp://, rtsps://, http:// or https://
  std::string user = {};                    // "": none
  std::string password = {};                // of `user`
  std::string transport = "auto";           // RTSP: "auto" (UDP, then TCP), "tcp" or "udp"
  std::chrono::milliseconds latency{0};     // RTSP: that late packets are waited for
  std::chrono::milliseconds timeout{5000};  // of a server that says nothing
  std::string ca_file = {};                 // TLS: PEM, "": the system's authorities
};

// Whether the options make sense by themselves. Errors: invalid.
Result<> check_stream(const StreamOptions& options);

// Scheme and host of the URL, for messages: the rest may hold a password.
std::string print_url(const std::string& url);

// Connects and starts it. Frames that nobody takes in time are dropped, oldest first. Errors:
// invalid (as check_stream), unavailable (no such server or stream, refused, of no known codec).
Result<std::unique_ptr<FrameReader>> open_stream(const StreamOptions& options);

}  // namespace turnstone
