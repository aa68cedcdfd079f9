#include "base/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/files.h"

namespace turnstone {
namespace {

TEST(ServiceManager, HearsWhatItIsTold) {
  const auto folder = *TemporaryFolder::make("turnstone-notify");
  const auto path = (folder.path() / "socket").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  tell_service_manager("READY=1\nSTATUS=running");
  ::unsetenv("NOTIFY_SOCKET");
  char heard[64] = {};
  EXPECT_GT(::recv(socket, heard, sizeof heard - 1, MSG_DONTWAIT), 0);
  EXPECT_STREQ(heard, "READY=1\nSTATUS=running");
  ::close(socket);
}

TEST(ServiceManager, NobodyThereIsNoError) {
  ::unsetenv("NOTIFY_SOCKET");
  tell_service_manager("READY=1");
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  tell_service_manager("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceManager, AWatchdogIsToldTwiceAsOftenAsItWants) {
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_FALSE(find_watchdog_interval());
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  EXPECT_EQ(find_watchdog_interval(), std::chrono::milliseconds(1500));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(find_watchdog_interval());
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_TRUE(find_watchdog_interval());
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_FALSE(find_watchdog_interval());
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace turnstone
