#include "wire/mqtt_rules.h"

#include <algorithm>

#include "base/text.h"
#include "wire/authority.h"
#include "wire/tls_files.h"

namespace turnstone {
namespace {

constexpr size_t most_text_bytes = 65535;  // a length has two bytes

bool is_text(std::string_view text) {
  return text.size() <= most_text_bytes && is_utf8(text) && text.find('\0') == text.npos;
}

bool is_tls(const std::string& url) { return url.starts_with("ssl://"); }

Result<> check_tls(const MqttOptions& options, const std::string& url) {
  const TlsFiles files{options.ca_file, options.certificate_file, options.key_file};
  TRY(check_tls_files(files));
  const bool has_files = !files.ca_file.empty() || !files.certificate_file.empty();
  if (has_files && !is_tls(url))
    return fail(Code::invalid, "url '{}' is without TLS but certificates are given, write mqtts://",
                printable(options.url));
  if (!options.alpn.empty() && !is_tls(url))
    return fail(Code::invalid, "url '{}' is without TLS but alpn is given, write mqtts://",
                printable(options.url));
  if (options.alpn.size() > 255)
    return fail(Code::invalid, "alpn of {} bytes is too long, legal are 255", options.alpn.size());
  return {};
}

Result<> check_will(const MqttOptions& options) {
  if (options.will) TRY(check_mqtt_message(*options.will, options.version), "will");
  if (options.status_topic.empty()) return {};
  TRY(check_mqtt_topic(options.status_topic), "status_topic");
  if (options.will)
    return fail(Code::invalid, "will and status_topic are given, a connection has one will");
  return {};
}

}  // namespace

Result<> check_mqtt_topic(std::string_view topic) {
  if (topic.empty() || !is_text(topic) || topic.find_first_of("+#") != topic.npos)
    return fail(Code::invalid, "topic '{}' is wrong, legal is a text without + and #",
                printable(topic));
  return {};
}

Result<> check_mqtt_filter(std::string_view filter) {
  const auto levels = split(filter, '/');
  bool is_right = !filter.empty() && is_text(filter);
  for (size_t i = 0; i < levels.size(); ++i) {
    const bool has_sign = levels[i].find_first_of("+#") != std::string::npos;
    const bool is_last = i + 1 == levels.size();
    is_right = is_right && (!has_sign || levels[i] == "+" || (levels[i] == "#" && is_last));
  }
  if (!is_right)
    return fail(Code::invalid,
                "filter '{}' is wrong, legal is a topic with + as whole levels and # as the last",
                printable(filter));
  return {};
}

bool matches_mqtt_filter(std::string_view filter, std::string_view topic) {
  const auto wanted = split(filter, '/');
  const auto levels = split(topic, '/');
  if (topic.starts_with('$') && (wanted[0] == "+" || wanted[0] == "#")) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "#") return true;
    if (i >= levels.size() || (wanted[i] != "+" && wanted[i] != levels[i])) return false;
  }
  return wanted.size() == levels.size();
}

Result<> check_mqtt_message(const MqttMessage& message, int version) {
  TRY(check_mqtt_topic(message.topic));
  const bool is_of_5 = !message.content_type.empty() || message.expiry.count() != 0 ||
                       !message.user_properties.empty();
  if (is_of_5 && version != 5)
    return fail(Code::invalid, "content type, expiry and user properties need version 5");
  const bool is_right = is_text(message.content_type) && message.expiry.count() >= 0 &&
                        message.expiry <= std::chrono::years(30) &&
                        std::ranges::all_of(message.user_properties, [](const auto& property) {
                          return is_text(property.first) && is_text(property.second);
                        });
  if (!is_right)
    return fail(Code::invalid,
                "a property is wrong, legal are texts and an expiry of 0 to 30 years");
  return {};
}

std::string paho_url_of(const std::string& url) {
  static constexpr std::pair<std::string_view, std::string_view> schemes[] = {
      {"tcp://", "tcp://"}, {"mqtt://", "tcp://"}, {"ssl://", "ssl://"}, {"mqtts://", "ssl://"}};
  for (const auto& [ours, theirs] : schemes) {
    if (!url.starts_with(ours) || url.size() == ours.size()) continue;
    auto rest = url.substr(ours.size());
    if (rest.find_first_of("/ @?#") != std::string::npos || !has_legal_port(rest)) return "";
    if (rest.find(':') == std::string::npos) rest += theirs == "ssl://" ? ":8883" : ":1883";
    return std::string(theirs) + rest;
  }
  return "";
}

std::string alpn_of(const MqttOptions& options) {
  if (!options.alpn.empty()) return options.alpn;
  const auto url = paho_url_of(options.url);
  const bool is_aws = url.find(".iot.") != url.npos && (url.ends_with(".amazonaws.com:443") ||
                                                        url.ends_with(".amazonaws.com.cn:443"));
  return is_tls(url) && is_aws ? "x-amzn-mqtt-ca" : "";
}

Result<> check_mqtt_url(const std::string& url) {
  if (paho_url_of(url).empty())
    return fail(Code::invalid, "'{}' is wrong, legal are mqtt://HOST:PORT and mqtts://HOST:PORT",
                printable(url));
  return {};
}

Result<> check_mqtt_options(const MqttOptions& options) {
  TRY(check_mqtt_url(options.url), "url");
  const auto url = paho_url_of(options.url);
  if (options.version != 3 && options.version != 5)
    return fail(Code::invalid, "version {} is wrong, legal are 3 and 5", options.version);
  TRY(check_tls(options, url));
  return check_will(options);
}

}  // namespace turnstone
