#include "base/process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"

namespace turnstone {
namespace {

TEST(Process, GivesStatusAndBothOutputs) {
  const auto done = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(done->status, 3);
  EXPECT_EQ(done->output, "out\nerr\n");
}

TEST(Process, ArgumentsReachItUnchanged) {
  EXPECT_EQ(run_process({"printf", "%s|", "a b", "$HOME", "*"})->output, "a b|$HOME|*|");
}

TEST(Process, RunsInTheFolder) { EXPECT_EQ(run_process({"pwd"}, "/")->output, "/\n"); }

TEST(Process, HasNoStandardInput) { EXPECT_EQ(run_process({"cat"})->output, ""); }

TEST(Process, ASignalIsAStatus) {
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"})->status, 128 + 9);
}

TEST(Process, OutputIsCutAtOneMebibyte) {
  const auto done = run_process({"sh", "-c", "head -c 3000000 /dev/zero"});
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(done->output.size(), size_t{1} << 20);
}

// Not by itself: that takes a minute.
bool is_soon(std::chrono::steady_clock::time_point begun) {
  return std::chrono::steady_clock::now() - begun < std::chrono::seconds(40);
}

TEST(Process, IsEndedWhenItTakesTooLong) {
  const auto begun = std::chrono::steady_clock::now();
  for (const auto* script : {"exec sleep 60", "trap '' TERM; sleep 60; sleep 60"}) {
    const auto done = run_process({"sh", "-c", script}, {}, std::chrono::seconds(1));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::unavailable);
  }
  EXPECT_TRUE(is_soon(begun));
}

TEST(Process, IsEndedWhenItTakesTooLongAfterItsOutput) {
  const auto begun = std::chrono::steady_clock::now();
  const auto done =
      run_process({"sh", "-c", "exec sleep 60 >&- 2>&-"}, {}, std::chrono::seconds(1));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().text, "sh: took longer than 1 s");
  EXPECT_TRUE(is_soon(begun));
}

TEST(Process, IsAskedToEndWhenTheUserInterrupts) {
  const auto child = ::fork();
  if (child == 0) {
    watch_interrupts();
    const auto self = ::getpid();
    const auto done = run_process({"sh", "-c", fmt::format("kill -INT {}; sleep 60", self)});
    const auto next = run_process({"true"});
    ::_exit(!done && done.error().code == Code::cancelled && !next ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// A program that waits for its end holds a pipe open: it closes when nothing is left behind.
TEST(Process, EndsWithWhoeverStartedIt) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto parent = ::fork();
  if (parent == 0) {
    ::close(ends[0]);
    const auto done =
        run_process({"sh", "-c", fmt::format("echo started >&{}; exec sleep 60", ends[1])}, {},
                    std::chrono::seconds(60));
    ::_exit(done ? 0 : 1);
  }
  ::close(ends[1]);
  char buffer[16];
  ASSERT_GT(::read(ends[0], buffer, sizeof buffer), 0);
  ::kill(parent, SIGKILL);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  pollfd closed{ends[0], POLLIN, 0};
  EXPECT_EQ(::poll(&closed, 1, 10'000), 1);
  EXPECT_EQ(::read(ends[0], buffer, sizeof buffer), 0);
  ::close(ends[0]);
}

TEST(Process, FindsProgramsInPath) {
  EXPECT_FALSE(find_program({"no-such-program", "sh"}).empty());
  EXPECT_TRUE(find_program({"no-such-program"}).empty());
}

}  // namespace
}  // namespace turnstone
