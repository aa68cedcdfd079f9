#include "capture/shared_frames.h"
#include "station/kinds.h"
#include "station/source_reading.h"

namespace turnstone {
namespace {

// Another program that puts frames into shared memory.
struct ShmSourceConfig {
  std::string name = {};  // of the source
  std::string path = {};  // of the ring
  std::chrono::milliseconds timeout{5000};
};

const Field<ShmSourceConfig> shm_fields[] = {
    {"path",
     &ShmSourceConfig::path,
     "path",
     "ring of frames, such as /dev/shm/line3, as turnstone_frames.h describes it",
     {.required = true}},
    {"timeout_ms",
     &ShmSourceConfig::timeout,
     "ms",
     "time without a frame before the ring is opened again",
     {.least = 100, .most = 600'000}},
};

Result<std::unique_ptr<Source>> open_shm_source(const ShmSourceConfig& config) {
  return make_camera_source({.name = config.name, .where = config.path, .silence = config.timeout},
                            [path = config.path] { return open_shared_frames(path); });
}

}  // namespace

const Kind<Source> shm_source = kind_of<Source, ShmSourceConfig, shm_fields, open_shm_source>(
    "shm", "frames of another program, through shared memory");

}  // namespace turnstone
