// For tests: child processes, free ports, and waiting for what another process does.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace turnstone::testing_tools {

// Looks until `holds` or ten seconds have passed.
template <class Predicate>
bool eventually(Predicate holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
    ::usleep(2000);
  }
  return true;
}

// A child process, killed and reaped when the object goes.
class Process {
 public:
  // `output` and `errors` receive the standard streams; "" leaves them.
  explicit Process(std::vector<std::string> command, const std::string& output = {},
                   const std::string& errors = {}) {
    std::vector<char*> arguments;
    for (auto& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const int flags = O_WRONLY | O_CREAT | O_APPEND;
    if (!output.empty())
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), flags, 0644);
    if (!errors.empty())
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), flags, 0644);
    if (::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0)
      pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() { kill(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool running() { return pid_ > 0 && !reap(WNOHANG); }
  void kill() { end(SIGKILL); }
  void signal(int number) {
    if (running()) ::kill(pid_, number);
  }
  // Sends the signal, then waits; the exit status, or 128 + the signal that ended it.
  int end(int number) {
    signal(number);
    return wait();
  }
  int wait() {
    if (pid_ > 0) reap(0);
    return status_.value_or(-1);
  }

 private:
  bool reap(int options) {
    if (status_) return true;
    int status = 0;
    if (::waitpid(pid_, &status, options) != pid_) return false;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Exit status of a program that ends by itself.
inline int run_program(std::vector<std::string> command, const std::string& output = "/dev/null",
                       const std::string& errors = "/dev/null") {
  return Process(std::move(command), output, errors).wait();
}

// True when the program is on PATH.
inline bool has_program(const std::string& name) {
  return run_program({"sh", "-c", "command -v " + name}) == 0;
}

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A TCP port of the loopback that nobody had a moment ago.
inline int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  CHECK(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

inline bool accepts_connections(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool accepted =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return accepted;
}

}  // namespace turnstone::testing_tools
