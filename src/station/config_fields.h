// The tables of fields of a station's configuration.
#pragma once

#include "station/config.h"
#include "station/field.h"

namespace turnstone {

// Reads the sections; every problem is noted in `reading`.
void read_source(Reading& reading, const TomlValue& at, const TomlTable& table, SourceConfig& into);
void read_model(Reading& reading, const TomlValue& at, const TomlTable& table, ModelConfig& into);
void read_sink(Reading& reading, const TomlValue& at, const TomlTable& table, SinkConfig& into);
// [feedback] is a sink of that kind and name.
void read_feedback(Reading& reading, const TomlValue& at, const TomlTable& table, SinkConfig& into);
void read_cycle(Reading& reading, const TomlValue& at, const TomlTable& table, CycleConfig& into);
void read_spool(Reading& reading, const TomlValue& at, const TomlTable& table, SpoolConfig& into);
void read_mqtt(Reading& reading, const TomlValue& at, const TomlTable& table, MqttConnection& into);
void read_page(Reading& reading, const TomlValue& at, const TomlTable& table, PageConfig& into);

}  // namespace turnstone
