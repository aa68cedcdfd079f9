#include "capture/stream.h"

#include <gtest/gtest.h>

#include "capture/test_stream_server.h"

namespace turnstone {
namespace {

using std::chrono::milliseconds;
using testing_tools::StreamServer;

// The first frame, or what went wrong.
Result<Frame> first_frame(FrameReader& reader) {
  for (int i = 0; i < 100; ++i) {
    auto grab = TRY(reader.next(milliseconds(100)));
    if (grab.kind == Grab::frame) return std::move(grab.picture);
  }
  return fail(Code::unavailable, "no frame within 10 s");
}

class Stream : public testing::Test {
 protected:
  void SetUp() override {
    if (!StreamServer::is_installed())
      GTEST_SKIP() << "gst-rtsp-server, its Python binding or x264enc is missing";
  }
};

TEST_F(Stream, AnRtspServerGivesFramesByTcpAndUdp) {
  const StreamServer server("rtsp");
  for (const auto* transport : {"tcp", "udp", "auto"}) {
    SCOPED_TRACE(transport);
    const auto reader = open_stream({.url = server.url(), .transport = transport});
    ASSERT_TRUE(reader) << reader.error().text;
    const auto frame = first_frame(**reader);
    ASSERT_TRUE(frame) << frame.error().text;
    EXPECT_EQ(frame->width, 320);
    EXPECT_EQ(frame->height, 240);
    EXPECT_NE((*reader)->decoder(), "");
  }
}

TEST_F(Stream, AServerThatIsRestartedIsUnavailableMeanwhile) {
  StreamServer server("rtsp");
  const auto failure = [&](FrameReader& reader) {
    for (int i = 0; i < 200; ++i)
      if (const auto grab = reader.next(milliseconds(100)); !grab) return grab.error().code;
    return Code::invalid;
  };
  {
    const auto reader = open_stream({.url = server.url(), .transport = "tcp"});
    ASSERT_TRUE(reader) << reader.error().text;
    ASSERT_TRUE(first_frame(**reader));
    server.kill();
    EXPECT_EQ(failure(**reader), Code::unavailable);
  }
  const auto away = open_stream({.url = server.url(), .transport = "tcp"});
  EXPECT_EQ(away ? failure(**away) : away.error().code, Code::unavailable);
  server.start();
  const auto reader = open_stream({.url = server.url(), .transport = "tcp"});
  ASSERT_TRUE(reader) << reader.error().text;
  EXPECT_TRUE(first_frame(**reader));
}

TEST_F(Stream, AServerWithALoginWantsItsPassword) {
  const StreamServer server("rtsp-login");
  const auto frame_of = [&](const StreamOptions& options) -> Result<Frame> {
    return first_frame(*TRY(open_stream(options)));
  };
  EXPECT_TRUE(frame_of({.url = server.url(), .user = "line", .password = "secret"}));
  EXPECT_TRUE(frame_of({.url = server.url("line:secret@")}));
  for (const auto* login : {"line:wrong@", ""}) {
    const auto frame = frame_of({.url = server.url(login)});
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, Code::unavailable);
    EXPECT_EQ(frame.error().text.find("wrong"), std::string::npos) << frame.error().text;
    EXPECT_NE(frame.error().text.find("nauthorized"), std::string::npos) << frame.error().text;
  }
}

TEST_F(Stream, MotionJpegOverHttpGivesFrames) {
  StreamServer server("mjpeg");
  const auto reader = open_stream({.url = server.url()});
  ASSERT_TRUE(reader) << reader.error().text;
  for (int i = 0; i < 3; ++i) {
    const auto frame = first_frame(**reader);
    ASSERT_TRUE(frame) << frame.error().text;
    EXPECT_EQ(frame->width, 64);
  }
}

TEST(StreamErrors, AUrlInWhatAnElementSaysHasNoPassword) {
  const auto url =
      fmt::format("http://line:secret@127.0.0.1:{}/x?key=word", testing_tools::free_port());
  const auto reader = open_stream({.url = url});
  const auto frame = reader ? first_frame(**reader) : std::unexpected(reader.error());
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().text.find("secret"), std::string::npos) << frame.error().text;
  EXPECT_EQ(frame.error().text.find("word"), std::string::npos) << frame.error().text;
  EXPECT_NE(frame.error().text.find("127.0.0.1"), std::string::npos) << frame.error().text;
}

TEST(StreamOptions, AWrongUrlIsRefusedWithoutItsPassword) {
  EXPECT_EQ(check_stream({.url = "ftp://user:word@host/x"}).error().text,
            "url 'ftp://host' is wrong, legal are rtsp://, rtsps://, http:// and https:// with "
            "a host");
  EXPECT_EQ(check_stream({.url = "rtsp://host", .transport = "tcpip"}).error().text,
            "transport 'tcpip' is not one of auto, tcp, udp");
}

TEST(StreamOptions, NoPartOfAUrlThatMayHoldAPasswordIsPrinted) {
  for (const auto* url :
       {"rtsp://cam:554/user=admin&password=word", "rtsp://cam:554/a?password=word",
        "rtsp://user:wo/rd@cam:554/a", "rtsp://user:word@cam:554", "rtsp://cam:554#word"})
    EXPECT_EQ(print_url(url), "rtsp://cam:554") << url;
  EXPECT_EQ(print_url("user:word@cam"), "?");
}

}  // namespace
}  // namespace turnstone
