#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "base/test_process.h"
#include "base/text.h"
#include "capture/rtsp_server.h"
#include "capture/stream.h"
#include "station/testing_kinds.h"
#include "station/testing_pictures.h"
#include "wire/test_certificates.h"

namespace turnstone {
namespace {

using testing::HasSubstr;
using testing_tools::coded_frame;
using testing_tools::eventually;
using testing_tools::free_port;

// The first frame, or why there is none.
Result<Frame> first_frame(const StreamOptions& options) {
  const auto reader = TRY(open_stream(options));
  for (int i = 0; i < 100; ++i) {
    auto grab = TRY(reader->next(std::chrono::milliseconds(100)));
    if (grab.kind == Grab::frame) return std::move(grab.picture);
  }
  return fail(Code::unavailable, "no frame within 10 s");
}

class RtspViewerTest : public testing::Test {
 protected:
  ~RtspViewerTest() override { close(); }

  void open(const std::string& fields = "") {
    port_ = free_port();
    auto viewer = testing_tools::open_viewer(fmt::format(
        "kind = \"rtsp\"\nport = {}\nencoder = \"x264enc\"\ndraw = false\n{}", port_, fields));
    ASSERT_TRUE(viewer) << viewer.error().text;
    viewer_ = std::move(*viewer);
    feeder_ = std::jthread([this](const std::stop_token& stop) { feed(stop); });
    ASSERT_TRUE(eventually([&] { return offered_ > 0; }));
  }
  void close() {
    feeder_.request_stop();
    if (feeder_.joinable()) feeder_.join();
    viewer_.reset();
  }
  std::string url(std::string_view scheme = "rtsp") const {
    return fmt::format("{}://127.0.0.1:{}/camera", scheme, port_);
  }
  std::string password_file() {
    EXPECT_TRUE(write_file(folder_.path() / "password", "secret\n"));
    return (folder_.path() / "password").string();
  }

  std::atomic<int> offered_{0}, shown_{0};
  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-rtsp");

 private:
  // As a lane does it, 50 frames a second, all of which show the number 165.
  void feed(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto frame = coded_frame(165);
      frame.taken = std::chrono::steady_clock::now();
      const bool looks = viewer_->is_looking("camera");
      ++offered_;
      if (looks) {
        const auto shown = viewer_->show({.frame = frame}, stop);
        EXPECT_TRUE(shown) << shown.error().text;
        ++shown_;
      }
      std::this_thread::sleep_until(frame.taken + std::chrono::milliseconds(20));
    }
  }

  int port_ = 0;
  std::unique_ptr<Viewer> viewer_;
  std::jthread feeder_;
};

TEST_F(RtspViewerTest, OurOwnSourceReadsItByTcpAndUdp) {
  open();
  for (const auto* transport : {"tcp", "udp"}) {
    const auto frame = first_frame({.url = url(), .transport = transport});
    ASSERT_TRUE(frame) << transport << ": " << frame.error().text;
    EXPECT_EQ(testing_tools::number_in(*frame), 165) << transport;
  }
}

TEST_F(RtspViewerTest, NothingIsEncodedBeforeAClientComesAndAfterItHasGone) {
  open();
  EXPECT_TRUE(eventually([&] { return offered_ > 5; }));
  EXPECT_EQ(shown_, 0);
  ASSERT_TRUE(first_frame({.url = url(), .transport = "tcp"}));
  EXPECT_TRUE(eventually([&] {
    const int before = shown_, offered = offered_;
    return eventually([&] { return offered_ > offered + 3; }) && shown_ == before;
  }));
}

TEST_F(RtspViewerTest, AProgramThatWeDidNotWriteReadsIt) {
  if (!testing_tools::has_program("gst-launch-1.0")) GTEST_SKIP() << "gst-launch-1.0 is missing";
  open();
  const auto picture = folder_.path() / "9.png";
  testing_tools::Process client(
      {"gst-launch-1.0", "-q", "rtspsrc", "location=" + url(), "protocols=tcp", "latency=0", "!",
       "rtph264depay", "!", "avdec_h264", "!", "videoconvert", "!", "pngenc", "!", "multifilesink",
       "location=" + (folder_.path() / "%d.png").string()});
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(picture); }));
}

TEST_F(RtspViewerTest, WithALoginNobodyLooksWithoutIt) {
  open(fmt::format("user = \"line\"\npassword_file = \"{}\"\n", password_file()));
  for (const auto* password : {"", "wrong"}) {
    const auto refused =
        first_frame({.url = url(), .user = "line", .password = password, .transport = "tcp"});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, HasSubstr("nauthorized"));
  }
  EXPECT_FALSE(first_frame({.url = url(), .transport = "tcp"}));
  const auto frame =
      first_frame({.url = url(), .user = "line", .password = "secret", .transport = "tcp"});
  EXPECT_TRUE(frame) << frame.error().text;
}

TEST_F(RtspViewerTest, WithACertificateItIsEncrypted) {
  const testing_tools::Certificates certificates;
  open(fmt::format("certificate_file = \"{}\"\nkey_file = \"{}\"\n",
                   certificates.file("server.pem"), certificates.file("server.key")));
  const auto frame = first_frame({.url = url("rtsps"), .ca_file = certificates.ca_file()});
  ASSERT_TRUE(frame) << frame.error().text;
  EXPECT_EQ(testing_tools::number_in(*frame), 165);
  EXPECT_FALSE(first_frame({.url = url("rtsps")}));
}

TEST(RtspServer, IsOpenToTheNetworkOnlyWithALogin) {
  EXPECT_EQ(open_rtsp_server({.address = "0.0.0.0", .port = 0}).error().text,
            "address '0.0.0.0' is not of the loopback, which needs a user and a password");
  EXPECT_EQ(open_rtsp_server({.address = "camera", .port = 0}).error().text,
            "address 'camera' is no IP address");
  EXPECT_EQ(open_rtsp_server({.port = 0, .user = "line"}).error().text,
            "a user and a password go together");
  EXPECT_TRUE(open_rtsp_server({.address = "0.0.0.0", .port = 0, .user = "a", .password = "b"}));
}

TEST(RtspServer, APortThatIsTakenIsUnavailable) {
  const auto first = open_rtsp_server({.port = 0});
  ASSERT_TRUE(first);
  const auto url = (*first)->url();
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  const auto second = open_rtsp_server({.port = port});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::unavailable);
}

}  // namespace
}  // namespace turnstone
