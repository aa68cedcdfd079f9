// What a service manager such as systemd is told: the datagrams of sd_notify(3). Nothing happens
// where there is none.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace turnstone {

// Sends lines such as "READY=1\nSTATUS=running" to the socket that NOTIFY_SOCKET names. A manager
// that does not listen is no error. Any thread.
void tell_service_manager(std::string_view lines);

// How often it wants to hear WATCHDOG=1, half of WATCHDOG_USEC; nothing when it does not.
std::optional<std::chrono::microseconds> find_watchdog_interval();

}  // namespace turnstone
