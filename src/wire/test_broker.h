// For tests: a real mosquitto on a free port, its certificates, and mosquitto_sub as the outside
// client that says what arrived.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/test_process.h"
#include "base/text.h"
#include "wire/test_certificates.h"

namespace turnstone::testing_tools {

class Broker {
 public:
  enum class Security { plain, mutual_tls };

  // Which program of the broker or its clients is not here; "" when a test can run.
  static std::string missing() {
    for (const auto* program : {"mosquitto", "mosquitto_pub", "mosquitto_sub"})
      if (!has_program(program)) return fmt::format("{} is not installed", program);
    return "";
  }

  explicit Broker(Security security = Security::plain)
      : folder_(*TemporaryFolder::make("turnstone-broker")), security_(security) {
    if (security_ == Security::mutual_tls) certificates_.emplace();
    // The port may be taken between finding and using it.
    for (int attempt = 0; attempt < 5 && !(broker_ && broker_->running()); ++attempt) {
      port_ = free_port();
      start();
    }
  }

  // Ends the broker in the middle of whatever it does; it keeps what it has for subscribers.
  void kill() {
    broker_->end(SIGTERM);
    broker_.reset();
  }

  // Starts it, or starts it again on the same port; subscribers come back by themselves.
  void start() {
    std::string text = fmt::format(
        "listener {} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
        "persistence_location {}/\n",
        port_, folder_.path().string());
    if (security_ == Security::mutual_tls)
      text +=
          fmt::format("cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\n", ca_file(),
                      certificates_->file("server.pem"), certificates_->file("server.key"));
    CHECK(write_file(file("mosquitto.conf"), text).has_value());
    broker_ = std::make_unique<Process>(
        std::vector<std::string>{"mosquitto", "-c", file("mosquitto.conf")}, file("log"),
        file("log"));
    eventually([this] { return accepts_connections(port_) || !broker_->running(); });
  }

  int port() const { return port_; }
  std::string url() const {
    return fmt::format("{}://127.0.0.1:{}", security_ == Security::plain ? "tcp" : "ssl", port_);
  }

  // PEM files: the authority, a client's certificate and key.
  std::string ca_file() const { return certificates_->ca_file(); }
  std::string certificate_file() const { return certificates_->file("client.pem"); }
  std::string key_file() const { return certificates_->file("client.key"); }

  // Starts mosquitto_sub on `topic`; returns when it is subscribed.
  void subscribe(const std::string& topic) {
    subscriber_.reset();
    const auto errors = file(fmt::format("subscriber{}.log", ++subscriptions_));
    std::vector<std::string> command = {
        "stdbuf",    "-oL", "mosquitto_sub",       "-d", "-c", "-i", "listener", "-h",
        "127.0.0.1", "-p",  std::to_string(port_), "-q", "1",  "-t", topic,      "-F",
        "got %p"};
    if (security_ == Security::mutual_tls)
      for (const auto& word : {std::string("--cafile"), ca_file(), std::string("--cert"),
                               certificate_file(), std::string("--key"), key_file()})
        command.push_back(word);
    subscriber_ = std::make_unique<Process>(command, errors, errors);
    eventually([&] { return read_text(errors).value_or("").find("SUBACK") != std::string::npos; });
  }

  // True when mosquitto_pub has told a plain broker, at least once.
  bool say(const std::string& topic, const std::string& payload) const {
    return run_program({"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port_), "-q", "1",
                        "-t", topic, "-m", payload}) == 0;
  }

  // Payloads that all subscribers have received so far.
  std::vector<std::string> received() const {
    std::vector<std::string> lines;
    for (int i = 1; i <= subscriptions_; ++i)
      for (const auto& line :
           split(read_text(file(fmt::format("subscriber{}.log", i))).value_or(""), '\n'))
        if (line.starts_with("got ")) lines.push_back(line.substr(4));
    return lines;
  }

 private:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  TemporaryFolder folder_;
  Security security_;
  std::optional<Certificates> certificates_;
  int port_ = 0;
  int subscriptions_ = 0;
  std::unique_ptr<Process> broker_;
  std::unique_ptr<Process> subscriber_;
};

}  // namespace turnstone::testing_tools
