// For tests: gst-rtsp-server, and motion JPEG over HTTP, on a free port. Tests run in the folder of
// the repository.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/test_process.h"
#include "base/text.h"

namespace turnstone::testing_tools {

// A server that we did not write, on a free port.
class StreamServer {
 public:
  // Whether the machine has it.
  static bool is_installed() {
    return run_program({"/usr/bin/python3", "-c",
                        "import gi; gi.require_version('GstRtspServer', '1.0'); "
                        "gi.require_version('Gst', '1.0')\nfrom gi.repository import Gst; "
                        "Gst.init(None); assert Gst.ElementFactory.find('x264enc')"}) == 0;
  }

  explicit StreamServer(std::string kind) : kind_(std::move(kind)) {
    for (int attempt = 0; attempt < 5 && !(process_ && process_->running()); ++attempt) {
      port_ = free_port();
      start();
    }
  }

  void start() {
    const auto log = (folder_.path() / fmt::format("log{}", ++starts_)).string();
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"/usr/bin/python3", "src/capture/testdata/stream_server.py", kind_,
                                 std::to_string(port_)},
        log, log);
    eventually([&] {
      return read_text(log).value_or("").find("ready") != std::string::npos || !process_->running();
    });
  }
  void kill() { process_->kill(); }

  std::string url(std::string_view login = {}) const {
    return fmt::format("{}://{}127.0.0.1:{}/line{}", kind_ == "mjpeg" ? "http" : "rtsp", login,
                       port_, kind_ == "mjpeg" ? ".mjpeg" : "");
  }

 private:
  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-stream");
  std::string kind_;
  int port_ = 0;
  int starts_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace turnstone::testing_tools
