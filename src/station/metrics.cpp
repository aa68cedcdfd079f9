#include "station/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace turnstone {

struct Metrics::Families {
  std::vector<prometheus::MetricFamily> list;

  prometheus::ClientMetric& add(const char* name, const char* help, prometheus::MetricType type,
                                Labels labels) {
    auto found = std::ranges::find(list, name, &prometheus::MetricFamily::name);
    if (found == list.end()) {
      list.push_back({name, help, type, {}});
      found = list.end() - 1;
    }
    auto& metric = found->metric.emplace_back();
    for (const auto& [label, value] : labels)
      metric.label.push_back(
          {std::string(label), is_utf8(value) ? std::string(value) : printable(value)});
    return metric;
  }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}

Metrics::~Metrics() = default;

void Metrics::counter(const char* name, const char* help, Labels labels, int64_t value) {
  families_->add(name, help, prometheus::MetricType::Counter, labels).counter.value =
      static_cast<double>(value);
}

void Metrics::gauge(const char* name, const char* help, Labels labels, double value) {
  families_->add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void Metrics::histogram(const char* name, const char* help, Labels labels,
                        const Histogram::Look& look) {
  auto& histogram = families_->add(name, help, prometheus::MetricType::Histogram, labels).histogram;
  histogram.sample_count = static_cast<uint64_t>(look.count);
  histogram.sample_sum = look.sum_s;
  uint64_t sum = 0;
  for (size_t i = 0; i < Histogram::bounds_s.size(); ++i) {
    sum += static_cast<uint64_t>(look.counts[i]);
    histogram.bucket.push_back({sum, Histogram::bounds_s[i]});
  }
}

std::string Metrics::print() const {
  return prometheus::TextSerializer().Serialize(families_->list);
}

}  // namespace turnstone
