#include "exchange/tflite/detection.h"

#include <flatbuffers/flexbuffers.h>

#include <algorithm>

#include "base/json.h"
#include "exchange/tflite/as_float.h"

namespace turnstone::tflite {
namespace {

constexpr std::string_view custom_name = "TFLite_Detection_PostProcess";
constexpr int64_t most_anchors = 1'000'000;

// Null where an output of the file is not its result.
const OperatorInfo* ending(const File& file) {
  const auto op = std::ranges::find_if(file.operators, [](const auto& each) {
    return each.code == fbs::BuiltinOperator_CUSTOM && each.custom == custom_name;
  });
  if (op == file.operators.end() || file.outputs.empty()) return nullptr;
  const auto is_result = [&](int32_t output) { return std::ranges::count(op->out, output) > 0; };
  return std::ranges::all_of(file.outputs, is_result) ? &*op : nullptr;
}

Result<flexbuffers::Map> options_of(const OperatorInfo& op) {
  const auto* bytes = op.table->custom_options();
  std::vector<uint8_t> seen;
  if (!bytes || !flexbuffers::VerifyBuffer(bytes->data(), bytes->size(), &seen))
    return fail(Code::invalid, "its options are damaged");
  const auto root = flexbuffers::GetRoot(bytes->data(), bytes->size());
  if (!root.IsMap()) return fail(Code::invalid, "its options are no map");
  return root.AsMap();
}

// A number within the given range.
Result<double> number(const flexbuffers::Map& options, const char* key, double least, double most) {
  const auto value = options[key];
  if (!value.IsNumeric()) return fail(Code::invalid, "its options have no number '{}'", key);
  const auto real = value.AsDouble();
  if (!(real >= least && real <= most))
    return fail(Code::invalid, "its option '{}' is {}, legal are {}..{}", key, real, least, most);
  return real;
}

// Rows of centre x, y, width, height, of a constant [anchors, 4] of centre y, x, height, width.
Result<Json> anchors_of(const TensorInfo& info) {
  if (!info.is_constant() || info.sparsity || info.shape.size() != 2 || info.shape[1] != 4 ||
      info.shape[0] > most_anchors)
    return fail(Code::unsupported, "its anchors are no constant [anchors, 4] of at most {}",
                most_anchors);
  auto stored = TRY(constant_of(info), "its anchors");
  const auto anchors =
      stands_for_reals(info) ? TRY(real_constant(info, stored), "its anchors") : std::move(stored);
  auto rows = Json::array();
  for (int64_t i = 0; i < anchors.size(); i += 4) {
    const auto at = [&](int64_t place) { return anchors.real_at(i + place); };
    rows.push_back({at(1), at(0), at(3), at(2)});
  }
  return rows;
}

// `classes` of the scores are one more than the operator counts where the first is the background.
Result<std::string> model_json_of(const OperatorInfo& op, Json anchors, int64_t classes) {
  constexpr double tiny = 1e-3, huge = 1e3;
  const auto options = TRY(options_of(op));
  auto variances = Json::array();
  for (const auto* key : {"x_scale", "y_scale", "w_scale", "h_scale"})
    variances.push_back(1 / TRY(number(options, key, tiny, huge)));
  const auto counted = TRY(number(options, "num_classes", 1, 1e6));
  if (counted != static_cast<double>(classes) && counted != static_cast<double>(classes - 1))
    return fail(Code::invalid, "it counts {} classes, and there are scores of {}", counted,
                classes);
  // Not among the braces below: GCC 12 leaks what they have made when one of these returns.
  const auto iou = TRY(number(options, "nms_iou_threshold", 0, 1));
  const auto most = TRY(number(options, "max_detections", 1, 1e6));
  const auto by_class = options["use_regular_nms"];
  const Json decoder = {
      {"kind", "ssd"},
      {"iou", iou},
      {"most", static_cast<int64_t>(most)},
      {"agnostic", !(by_class.IsBool() || by_class.IsNumeric()) || !by_class.AsBool()},
      {"anchors", {{"boxes", std::move(anchors)}, {"variances", std::move(variances)}}}};
  Json model = {
      {"format", 1},
      {"task", "detection"},
      {"outputs",
       {{{"name", "boxes"}, {"role", "boxes"}}, {{"name", "scores"}, {"role", "box_scores"}}}},
      {"decoder", decoder}};
  if (counted < static_cast<double>(classes)) model["background"] = 0;
  return print_json(model);
}

Result<DetectionEnd> end_of(const File& file, const OperatorInfo& op) {
  if (op.in.size() != 3 || std::ranges::any_of(op.in, [](int32_t t) { return t < 0; }))
    return fail(Code::invalid, "it has {} operands, and wants boxes, scores and anchors",
                op.in.size());
  const auto info = [&](size_t i) -> const TensorInfo& {
    return file.tensors[static_cast<size_t>(op.in[i])];
  };
  auto anchors = TRY(anchors_of(info(2)));
  const auto count = info(2).shape[0];
  const auto& boxes = info(0).shape;
  const auto& scores = info(1).shape;
  if (boxes.size() != 3 || boxes[1] != count || boxes[2] < 4 || scores.size() != 3 ||
      scores[1] != count || scores[2] < 1)
    return fail(Code::invalid, "boxes {} and scores {} do not fit {} anchors", print(boxes),
                print(scores), count);
  return DetectionEnd{{op.in[0], op.in[1]}, TRY(model_json_of(op, std::move(anchors), scores[2]))};
}

}  // namespace

Result<std::optional<DetectionEnd>> find_detection_end(const File& file) {
  const auto* op = ending(file);
  if (!op) return std::optional<DetectionEnd>();
  return std::optional(TRY(end_of(file, *op), name_of(*op)));
}

}  // namespace turnstone::tflite
