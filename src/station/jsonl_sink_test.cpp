#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/files.h"
#include "station/outbox.h"
#include "station/testing_kinds.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

using namespace std::chrono_literals;
using testing_tools::eventually;

// An outcome whose line has about `size` bytes.
Outcome outcome_of(int64_t sequence, size_t size = 0) {
  Outcome outcome{.id = std::to_string(sequence),
                  .model = std::make_shared<Model>(),
                  .scene = {},
                  .verdict = {}};
  outcome.scene.sequence = sequence;
  outcome.scene.file = std::string(size, 'x');
  return outcome;
}

std::string line_of(const Outcome& outcome) { return print_outcome(outcome) + "\n"; }

class JsonlSink : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  std::unique_ptr<Sink> open_lines(const std::string& name, std::string_view more = {}) const {
    auto sink = testing_tools::open_sink(
        fmt::format("kind = \"jsonl\"\npath = \"{}\"\n{}", file(name), more));
    EXPECT_TRUE(sink) << sink.error().text;
    return std::move(*sink);
  }

  // A pipe with a name and its end for reading, which never blocks.
  int make_pipe() const {
    EXPECT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
    return ::open(file("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }

  static std::string read_all(int descriptor) {
    std::string text(size_t{1} << 20, '\0');
    const auto got = ::read(descriptor, text.data(), text.size());
    text.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }

  static int waiting_bytes(int descriptor) {
    int bytes = 0;
    return ::ioctl(descriptor, FIONREAD, &bytes) == 0 ? bytes : 0;
  }

  static Result<> take(Sink& sink, const Outcome& outcome, std::stop_token stop = {}) {
    const auto message = sink.messages_of(outcome)[0];
    size_t sent = 0;
    auto taken = sink.send({&message, 1}, sent, std::move(stop));
    EXPECT_EQ(sent, taken ? 1u : 0u);
    return taken;
  }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-jsonl");
};

// No file of this process grows beyond a size while one of these lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST_F(JsonlSink, AddsALineForEachOutcome) {
  ASSERT_TRUE(write_file(file("lines"), "{\"before\":1}\n"));
  const auto sink = open_lines("lines");
  const Message messages[] = {sink->messages_of(outcome_of(0))[0],
                              sink->messages_of(outcome_of(1))[0]};
  size_t sent = 0;
  ASSERT_TRUE(sink->send(messages, sent, {}));
  EXPECT_EQ(sent, 2u);
  EXPECT_EQ(*read_text(file("lines")),
            "{\"before\":1}\n" + line_of(outcome_of(0)) + line_of(outcome_of(1)));
}

TEST_F(JsonlSink, AFileOfSomethingElseStays) {
  for (const std::string text : {"[page]\nport = 0\n", "{\n  \"labels\": []\n}\n", "\xff\xd8"}) {
    ASSERT_TRUE(write_file(file("lines"), text));
    const auto sink =
        testing_tools::open_sink(fmt::format("kind = \"jsonl\"\npath = \"{}\"\n", file("lines")));
    ASSERT_FALSE(sink) << text;
    EXPECT_EQ(sink.error().text,
              file("lines") + ": is there and begins with no such lines, name another file");
    EXPECT_EQ(*read_text(file("lines")), text);
  }
}

TEST_F(JsonlSink, AnOutcomeThatIsGivenUpOnAFullDiskLeavesNothingBehind) {
  for (const size_t room : {0, 10}) {
    SCOPED_TRACE(room);
    const auto lines = fmt::format("lines{}", room);
    const auto sink = open_lines(lines, "append = false\n");
    ASSERT_TRUE(take(*sink, outcome_of(0)));
    const auto first = line_of(outcome_of(0));
    {
      const FileLimit full(first.size() + room);
      const auto taken = take(*sink, outcome_of(1));
      ASSERT_FALSE(taken);
      EXPECT_EQ(taken.error().code, Code::unavailable);
      EXPECT_EQ(*read_text(file(lines)), first);
    }
    ASSERT_TRUE(take(*sink, outcome_of(2)));
    EXPECT_EQ(*read_text(file(lines)), first + line_of(outcome_of(2)));
  }
}

TEST_F(JsonlSink, WithoutAppendWhatAnotherProcessWroteGoesAndWhatThisOneWroteStays) {
  ASSERT_TRUE(write_file(file("lines"), "{\"of\":\"yesterday\"}\n"));
  ASSERT_TRUE(take(*open_lines("lines", "append = false\n"), outcome_of(0)));
  EXPECT_EQ(*read_text(file("lines")), line_of(outcome_of(0)));
  ASSERT_TRUE(take(*open_lines("lines", "append = false\n"), outcome_of(1)));
  EXPECT_EQ(*read_text(file("lines")), line_of(outcome_of(0)) + line_of(outcome_of(1)));
}

TEST_F(JsonlSink, WithoutAppendASinkThatNeverWritesTakesNothingAway) {
  ASSERT_TRUE(write_file(file("others"), "{\"of\":\"a station that runs\"}\n"));
  open_lines("others", "append = false\n");
  EXPECT_EQ(*read_text(file("others")), "{\"of\":\"a station that runs\"}\n");
}

TEST_F(JsonlSink, APartOfALineThatWasLeftBehindIsEndedFirst) {
  ASSERT_TRUE(write_file(file("lines"), "{\"a\":1}\n{\"pict"));
  ASSERT_TRUE(take(*open_lines("lines"), outcome_of(0)));
  EXPECT_EQ(*read_text(file("lines")), "{\"a\":1}\n{\"pict\n" + line_of(outcome_of(0)));
}

TEST_F(JsonlSink, AFileThatWasRenamedOrRemovedIsMadeAnew) {
  const auto sink = open_lines("lines");
  ASSERT_TRUE(take(*sink, outcome_of(0)));
  std::filesystem::rename(file("lines"), file("lines.1"));
  ASSERT_TRUE(take(*sink, outcome_of(1)));
  EXPECT_EQ(*read_text(file("lines.1")), line_of(outcome_of(0)));
  EXPECT_EQ(*read_text(file("lines")), line_of(outcome_of(1)));
  std::filesystem::remove(file("lines"));
  ASSERT_TRUE(take(*sink, outcome_of(2)));
  EXPECT_EQ(*read_text(file("lines")), line_of(outcome_of(2)));
}

TEST_F(JsonlSink, ALineThatAPipeHasAPartOfIsFinishedFirst) {
  const int reader = make_pipe();
  const auto sink = open_lines("pipe");
  const auto large = outcome_of(0, 100'000);  // more than a pipe holds
  std::stop_source stopped;
  stopped.request_stop();
  const auto taken = take(*sink, large, stopped.get_token());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::cancelled);
  auto text = read_all(reader);
  ASSERT_TRUE(take(*sink, outcome_of(1)));
  text += read_all(reader);
  EXPECT_EQ(text, line_of(large) + line_of(outcome_of(1)));
  ::close(reader);
}

TEST_F(JsonlSink, ALineThatIsOfferedAgainGoesOnWhereItStopped) {
  const int reader = make_pipe();
  const auto sink = open_lines("pipe");
  const auto large = outcome_of(0, 100'000);
  std::stop_source stopped;
  stopped.request_stop();
  ASSERT_FALSE(take(*sink, large, stopped.get_token()));
  auto text = read_all(reader);
  ASSERT_TRUE(take(*sink, large));
  text += read_all(reader);
  EXPECT_EQ(text, line_of(large));
  ::close(reader);
}

TEST_F(JsonlSink, AStopEndsTheWaitForAReader) {
  const int reader = make_pipe();
  std::atomic<bool> finished = false;
  {
    const auto spool = *open_spool("");
    Outbox outbox("pipe", open_lines("pipe"), *spool, Backoff{});
    for (int i = 0; i < 100; ++i)  // more than a pipe holds
      ASSERT_TRUE(spool->put(outbox.parcels_of(outcome_of(i, 4000))));
    outbox.wake();
    EXPECT_TRUE(eventually([&] { return waiting_bytes(reader) > 30'000; }));
    std::jthread finisher([&] {
      outbox.finish(0ms);
      finished = true;
    });
    EXPECT_TRUE(eventually([&] { return finished.load(); }));
    while (!finished) read_all(reader);  // lets it end where it does not look at the stop
    EXPECT_GT(outbox.counters().dropped, 0);
  }
  ::close(reader);
}

TEST_F(JsonlSink, APipeThatNobodyReadsIsUnavailable) {
  ::close(make_pipe());
  const auto sink =
      testing_tools::open_sink(fmt::format("kind = \"jsonl\"\npath = \"{}\"\n", file("pipe")));
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, Code::unavailable);
  EXPECT_EQ(sink.error().text, file("pipe") + ": cannot open: nobody reads this pipe");
}

}  // namespace
}  // namespace turnstone
