// Whole models through the interpreter, against what an outside engine answered: `make zoo` fetches
// the models and keeps the answers.
#include <gtest/gtest.h>

#include <filesystem>

#include "exchange/model.h"
#include "exchange/onnx/export.h"
#include "tensor/compare.h"
#include "tensor/npy.h"

namespace turnstone {
namespace {

struct ZooModel {
  std::string_view name;  // of its answers
  std::string_view path;  // below build
};

class OnnxZoo : public testing::TestWithParam<ZooModel> {};

TEST_P(OnnxZoo, AnswersAsTheOutsideEngineDoesAlsoWhenExportedAgain) {
  const std::filesystem::path build = TURNSTONE_SOURCE_DIR "/build";
  const auto path = build / GetParam().path;
  const auto answers = build / "zoo/reference" / GetParam().name / "0";
  if (!std::filesystem::exists(path) || !std::filesystem::exists(answers / "input.npy"))
    GTEST_SKIP() << path << " or its answers are not there; `make zoo` fetches them";
  const auto input = read_npy(answers / "input.npy");
  ASSERT_TRUE(input) << input.error().text;
  const auto model = import_model(path, {.shapes = {}, .batch = 1});
  const auto shaped =
      model ? Result<ImportedModel>(*model)
            : import_model(path, {.shapes = {{"x", input->shape()}}});  // the OCR models are open
  ASSERT_TRUE(shaped) << shaped.error().text;
  const auto bytes = export_onnx(shaped->graph, "again", shaped->metadata);
  ASSERT_TRUE(bytes) << bytes.error().text;
  const auto again = import_model_bytes(*bytes, "again.onnx");
  ASSERT_TRUE(again) << again.error().text;
  for (const auto* graph : {&shaped->graph, &again->graph}) {
    const auto results = evaluate(*graph, std::vector{*input});
    ASSERT_TRUE(results) << results.error().text;
    for (size_t i = 0; i < results->size(); ++i) {
      const auto wanted = read_npy(answers / fmt::format("output-{}.npy", i));
      ASSERT_TRUE(wanted) << wanted.error().text;
      EXPECT_LT(compare((*results)[i], *wanted).relative_to_range, 1e-5) << "output " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, OnnxZoo,
    testing::Values(
        ZooModel{"blazeface_front",
                 "downloads/blazeface/ONNX/face_detection_front_128x128_barracuda.onnx"},
        ZooModel{"ocr_cls", "downloads/ocr/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx"},
        ZooModel{"squeezenet1_1", "zoo/squeezenet1_1.onnx"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace turnstone
