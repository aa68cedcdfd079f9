// How the station reaches an MQTT broker: the settings of every section that speaks MQTT.
#pragma once

#include <array>
#include <string>

#include "base/result.h"
#include "station/field.h"
#include "wire/mqtt.h"
#include "wire/mqtt_rules.h"

namespace turnstone {

// To be derived from by the settings of a section, whose table of fields is then made with
// join_fields and mqtt_connection_fields.
struct MqttConnection {
  std::string url;               // mqtt://HOST:PORT or mqtts://HOST:PORT
  std::string client_id;         // "": drawn by chance when the options are made
  std::string user;              // "": none
  std::string password_file;     // one line, the password of `user`
  std::string ca_file;           // PEM, who may have signed the broker's certificate
  std::string certificate_file;  // PEM, ours
  std::string key_file;          // PEM, of our certificate
  int keep_alive = 30;           // seconds
  int version = 3;               // 3 (3.1.1) or 5
  std::string alpn;              // of TLS, "": none, but what AWS IoT wants on port 443
};

// The fields of a connection in the table of a `Section` that derives from MqttConnection.
template <class Section>
std::array<Field<Section>, 10> mqtt_connection_fields() {
  return {{{"url",
            &Section::url,
            "",
            "mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS",
            {.required = true, .why_not = why_not<check_mqtt_url>}},
           {"client_id", &Section::client_id, "", "\"\": drawn by chance at each start"},
           {"user", &Section::user, "", "\"\": none"},
           {"password_file", &Section::password_file, "path", "file with the user's password"},
           {"ca_file", &Section::ca_file, "path",
            "PEM, who may have signed the broker's certificate; \"\": the system's authorities"},
           {"certificate_file", &Section::certificate_file, "path", "PEM, the station's own"},
           {"key_file", &Section::key_file, "path", "PEM, key of the station's certificate"},
           {"keep_alive_s",
            &Section::keep_alive,
            "s",
            "longest silence towards the broker",
            {.least = 1, .most = 3600}},
           {"version", &Section::version, "", "3 is 3.1.1, or 5", {.least = 3, .most = 5}},
           {"alpn", &Section::alpn, "",
            "protocol to offer within TLS; \"\": none, but what AWS IoT wants on port 443"}}};
}

// The options of a client, checked, with the password read and a client id. Errors: those of
// check_mqtt_options; missing or invalid (the password file).
Result<MqttOptions> mqtt_options_of(const MqttConnection& connection);

}  // namespace turnstone
