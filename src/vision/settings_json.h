// Preprocess and DecoderSettings as JSON, both ways: what model.json and the SPEC texts of the
// command line share; and the whole of model.json.
#pragma once

#include <string>

#include "base/json.h"
#include "vision/model_info.h"

namespace turnstone {

Json to_json(const Preprocess& preprocess);
Json to_json(const Windowing& windowing);
Json to_json(const DecoderSettings& decoder);
Json to_json(const Model& model);

// `where` is the path that messages begin with. Keys that are absent keep the default.
Result<Preprocess> parse_preprocess(const Json& json, const std::string& where);
Result<Windowing> parse_windowing(const Json& json, const std::string& where);
Result<DecoderSettings> parse_decoder(const Json& json, const std::string& where);

// [{"label","vector"}, ...], as it stands in model.json or in a file of its own.
Result<std::vector<GalleryEntry>> parse_gallery(const Json& json, const std::string& where);

}  // namespace turnstone
