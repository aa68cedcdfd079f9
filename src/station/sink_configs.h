// What a user may say about each kind of sink. Plain fields: their names, units and legal values in
// the configuration stand in the tables of fields over them.
#pragma once

#include <string>

namespace turnstone {

// JSON lines in a file or on standard output.
struct JsonlSinkConfig {
  std::string path = "-";  // "-" is standard output
  bool append = true;      // keep what the file has
};

// Messages to an MQTT broker.
struct MqttSinkConfig {
  std::string url;               // tcp://HOST:PORT or ssl://HOST:PORT
  std::string topic;             // where messages go
  std::string payload;           // "verdict", "scene", or "" for what the station makes
  std::string client_id;         // "": drawn by chance when the sink is opened
  std::string user;              // "": none
  std::string password_file;     // one line, the password of `user`
  std::string ca_file;           // PEM, who may have signed the broker's certificate
  std::string certificate_file;  // PEM, ours
  std::string key_file;          // PEM, of our certificate
  int keep_alive = 30;           // seconds
  bool retain = false;           // the broker keeps the last message for new subscribers
};

}  // namespace turnstone
