// What a station is told to do: one TOML file, read through tables of fields.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "station/cycle_config.h"
#include "station/kind.h"
#include "station/mqtt_connection.h"
#include "station/pieces.h"
#include "station/sink.h"
#include "station/source.h"
#include "station/trigger.h"
#include "station/viewer.h"

namespace turnstone {

// Where frames come from.
struct SourceConfig {
  std::string name;
  std::string kind;
  Opener<Source> open;
};

// A compiled model and what it sees: frames of sources, or the things that another model finds.
struct ModelConfig : TriggerConfig, PiecesConfig {
  std::string name;
  std::string package;               // folder, .tar.gz or .so
  std::vector<std::string> sources;  // by name; empty: all
  std::string after;                 // model whose things it judges, "": it sees whole frames
  std::string frames = "auto";       // which frames are judged: auto, every, latest
  int threads = 1;                   // that compute one run; 0: as many as there are CPUs
  int top = 5;                       // classes in a result
  bool watch = true;                 // a package whose files change is taken into service
  bool track = false;                // number what is seen over several frames
  bool track_by_class = false;       // a track keeps to one label
  int lost_frames = 30;              // a track that is not seen is remembered for so many
  std::vector<std::string> zones;    // NAME=X,Y X,Y X,Y ..., in fractions of the picture
  std::vector<std::string> gates;    // NAME=X,Y X,Y
  std::string challenger;            // a second package that judges the same frames, "": none
};

// Where results or pictures go.
struct SinkConfig {
  std::string name;
  std::string kind;
  std::vector<std::string> from;     // models by name; empty: all
  std::vector<std::string> sources;  // of pictures: by name; empty: all
  int queue = 1000;  // results that wait in memory; the oldest goes when one more comes
  std::chrono::milliseconds drain{5000};
  Opener<Sink> open;           // empty for a sink of pictures
  Opener<Viewer> open_viewer;  // empty for a sink of results
};

// Where results wait on disk until they have arrived, and how much of them may.
struct SpoolConfig {
  std::string path;  // a folder of the station's own
  int results_mb = 1024;
  int pictures_mb = 4096;
  int videos_mb = 8192;
  int results_days = 365;
  int pictures_days = 30;
  int videos_days = 7;
};

// The live page.
struct PageConfig {
  std::string address = "127.0.0.1";  // another than of the loopback wants the three files
  int port = 8080;                    // 0: any free one
  std::string token_file = {};        // with the token that lets in
  std::string certificate_file = {};  // PEM, with those of its issuers
  std::string key_file = {};          // PEM
  double fps = 15;                    // pictures a second and viewer, at most
  int quality = 80;                   // of the JPEG pictures
  bool metrics = true;                // for Prometheus, at /metrics
};

struct StationConfig {
  std::vector<SourceConfig> sources;
  std::vector<ModelConfig> models;
  std::vector<SinkConfig> sinks;
  std::optional<CycleConfig> cycle;    // absent: free running
  std::optional<SpoolConfig> spool;    // absent: results wait in memory
  std::optional<MqttConnection> mqtt;  // absent: no messages to the station
  std::optional<PageConfig> page;      // absent: no page
  // Where each section stands, such as "line3.toml:12" of "source 'camera'" or of "page".
  std::map<std::string, std::string> places;
};

// What messages call a section: "source 'camera'", or "source" while it has no name.
std::string named(std::string_view what, const std::string& name);

// Reads `text`. `file` stands in messages, relative paths start at `folder`; each of `overrides` is
// KEY=VALUE with a key such as page.port or source.0.path or source.NAME.path. Touches no file.
// Errors: invalid, with one line for each independent problem: "line3.toml:12: ...".
Result<StationConfig> parse_config(std::string_view text, std::string_view file,
                                   const std::filesystem::path& folder = {},
                                   std::span<const std::string> overrides = {});

// The same from a file; relative paths start at its folder.
Result<StationConfig> load_config(const std::filesystem::path& path,
                                  std::span<const std::string> overrides = {});

// Every key with its default, unit, legal values and meaning, as a commented TOML text.
std::string print_config_reference();

}  // namespace turnstone
