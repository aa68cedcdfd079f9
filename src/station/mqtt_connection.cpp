#include "station/mqtt_connection.h"

#include <random>

#include "base/files.h"

namespace turnstone {
namespace {

// Two clients of one id throw each other out, and processes of containers all have the same number.
// At most 23 letters and digits are what every broker takes.
std::string draw_client_id() { return fmt::format("turnstone{:08x}", std::random_device{}()); }

}  // namespace

Result<MqttOptions> mqtt_options_of(const MqttConnection& connection) {
  MqttOptions options{
      .url = connection.url, .client_id = connection.client_id, .user = connection.user};
  if (options.client_id.empty()) options.client_id = draw_client_id();
  if (!connection.password_file.empty())
    options.password = TRY(read_secret(connection.password_file));
  options.ca_file = connection.ca_file;
  options.certificate_file = connection.certificate_file;
  options.key_file = connection.key_file;
  options.keep_alive = std::chrono::seconds(connection.keep_alive);
  options.version = connection.version;
  options.alpn = connection.alpn;
  TRY(check_mqtt_options(options));
  return options;
}

}  // namespace turnstone
