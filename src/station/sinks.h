// The kinds of sinks a station has. Each is opened from its own table of fields.
#pragma once

#include <memory>

#include "base/result.h"
#include "station/sink.h"
#include "station/sink_configs.h"

namespace turnstone {

// One line an outcome. Errors: unavailable (the file cannot be opened).
Result<std::unique_ptr<Sink>> open_jsonl_sink(const JsonlSinkConfig& config);

// A broker that is away is found out by `send`, so that it may come back. Errors: invalid (a
// field), missing (a file).
Result<std::unique_ptr<Sink>> open_mqtt_sink(const MqttSinkConfig& config);

}  // namespace turnstone
