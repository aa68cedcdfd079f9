// Numbers in Prometheus's text format. prometheus-cpp ends here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "station/histogram.h"

namespace turnstone {

// Gathers the numbers of one moment. Those of one name stand together under the help that came
// first. One thread at a time.
class Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // The media type of what `print` returns.
  static constexpr const char* media_type = "text/plain; version=0.0.4; charset=utf-8";

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // What only grows, by its name that ends in _total.
  void counter(const char* name, const char* help, Labels labels, int64_t value);
  // What also falls.
  void gauge(const char* name, const char* help, Labels labels, double value);
  // In seconds.
  void histogram(const char* name, const char* help, Labels labels, const Histogram::Look& look);

  // All of them as text.
  std::string print() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace turnstone
