#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // which glibc 2.36 forgot
#include <sys/pidfd.h>
}

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/interrupt.h"
#include "base/text.h"

namespace turnstone {
namespace {

constexpr size_t most_output = size_t{1} << 20;

constexpr int glance_ms = 100;

// Until when a child may run.
struct Limit {
  std::chrono::steady_clock::time_point until;
  bool ends_with_interrupt = true;
  bool reached() const {
    return (ends_with_interrupt && interrupted()) || std::chrono::steady_clock::now() >= until;
  }
};

// Only calls what is safe between fork and exec. Its own group keeps an interrupt of the terminal
// from the program, so it is to end with whoever started it.
[[noreturn]] void become(char* const* arguments, const char* folder, int output, pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(127);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (*folder && ::chdir(folder) != 0) ::_exit(127);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0)
    ::_exit(127);
  ::setpgid(0, 0);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

// Waits until there is something to read; false when the limit comes first.
bool wait_readable(int descriptor, const Limit& limit) {
  while (!limit.reached()) {
    pollfd wait{descriptor, POLLIN, 0};
    if (::poll(&wait, 1, glance_ms) > 0) return true;
  }
  return false;
}

// Reads until the other end closes; false when the limit comes first.
bool read_until_closed(int descriptor, const Limit& limit, std::string& output) {
  while (wait_readable(descriptor, limit)) {
    char buffer[4096];
    const auto got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const auto room = most_output - output.size();
    output.append(buffer, std::min(static_cast<size_t>(got), room));
  }
  return false;
}

// Waits until the child, not reaped yet, has ended; false when the limit comes first.
bool wait_ended(pid_t child, const Limit& limit) {
  const int handle = ::pidfd_open(child, 0);
  if (handle < 0) return true;
  const bool ended = wait_readable(handle, limit);
  ::close(handle);
  return ended;
}

// Asks the child's group to end, and gives it time to tidy up.
void end_group(pid_t child) {
  ::kill(-child, SIGTERM);
  wait_ended(child, {std::chrono::steady_clock::now() + std::chrono::seconds(5), false});
  ::kill(-child, SIGKILL);
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& arguments,
                                  const std::filesystem::path& folder,
                                  std::chrono::seconds longest) {
  CHECK(!arguments.empty());
  if (interrupted()) return fail(Code::cancelled, "interrupted");
  std::vector<char*> words;
  for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(Code::unavailable, "{}: no pipe: {}", arguments[0], std::strerror(errno));
  const auto parent = ::getpid();
  const auto child = ::fork();
  if (child == 0) become(words.data(), folder.c_str(), ends[1], parent);
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return fail(Code::unavailable, "{}: cannot start: {}", arguments[0], std::strerror(errno));
  }
  ProcessResult result;
  const Limit limit{std::chrono::steady_clock::now() + longest};
  const bool ended = read_until_closed(ends[0], limit, result.output) && wait_ended(child, limit);
  ::close(ends[0]);
  if (!ended) end_group(child);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended && interrupted()) return fail(Code::cancelled, "interrupted");
  if (!ended)
    return fail(Code::unavailable, "{}: took longer than {} s", arguments[0], longest.count());
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (result.status == 127 && result.output.empty())
    return fail(Code::unavailable, "{}: cannot be started", arguments[0]);
  return result;
}

std::string find_program(const std::vector<std::string>& names) {
  const char* path = std::getenv("PATH");
  for (const auto& name : names)
    for (const auto& folder : split(path ? path : "/usr/bin:/bin", ':')) {
      const auto candidate = fmt::format("{}/{}", folder, name);
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
  return {};
}

}  // namespace turnstone
