// Real models from file to scene: compiled, run on a photograph and decoded by the programs.
// Skipped where the folder of test data is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "wire/test_broker.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing_tools::run_program;

class Models : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(data_ / "models"))
      GTEST_SKIP() << data_ << " is not there, give it by TURNSTONE_DATA";
  }

  // What predict says of a photograph with the model; null and a failed test where it fails.
  Json scene_of(const std::string& model, const std::string& photograph,
                std::vector<std::string> options) const {
    const auto package = (folder_.path() / "package").string();
    std::vector<std::string> compile = {
        TURNSTONE_PROGRAM, "compile", data_ / "models" / model, "-o", package, "-q"};
    compile.insert(compile.end(), options.begin(), options.end());
    const auto out = (folder_.path() / "out").string();
    const auto errors = (folder_.path() / "errors").string();
    EXPECT_EQ(run_program(compile, out, errors), 0) << read_text(errors).value_or("");
    EXPECT_EQ(run_program({TURNSTONE_PROGRAM, "predict", package, data_ / "photos" / photograph,
                           "--json", "-q"},
                          out, errors),
              0)
        << read_text(errors).value_or("");
    return parse_json(read_text(out).value_or("")).value_or(nullptr);
  }

  static fs::path data() {
    const char* given = std::getenv("TURNSTONE_DATA");
    return given ? fs::path(given) : fs::path(TURNSTONE_SOURCE_DIR) / "../shared/data";
  }

  const fs::path data_ = data();
  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-e2e");
};

// The reference was made with another way of resizing; a cell of its grid is a fiftieth.
TEST_F(Models, MoveNetFindsTheKeypointsOfItsReference) {
  const auto scene = scene_of("movenet_single_pose_lightning_ptq.tflite", "squat.png",
                              {"--decoder", "movenet", "--preprocess", "raw"});
  ASSERT_EQ(scene["detections"].size(), 1U) << print_json(scene);
  const auto& points = scene["detections"][0]["keypoints"];
  ASSERT_EQ(points.size(), 17U);
  const auto text = read_text(data_ / "models/movenet_reference.csv");
  ASSERT_TRUE(text) << text.error().text;
  const auto lines = split(*text, '\n');
  for (size_t i = 0; i < 17; ++i) {
    const auto fields = split(lines[i + 1], ',');
    ASSERT_EQ(fields.size(), 6U);
    EXPECT_NEAR(points[i][0].get<double>(), std::stod(std::string(fields[4])), 0.04) << i;
    EXPECT_NEAR(points[i][1].get<double>(), std::stod(std::string(fields[5])), 0.04) << i;
  }
}

// LiteRT's share of the cat where Pillow resizes with its box filter.
TEST_F(Models, DeepLabSeesTheCat) {
  const auto text = read_text(data_ / "models/pascal_voc_segmentation_labels.txt");
  ASSERT_TRUE(text) << text.error().text;
  // A remark follows the labels behind an empty line.
  const auto labels = (folder_.path() / "labels.txt").string();
  ASSERT_TRUE(write_file(labels, std::string_view(*text).substr(0, text->find("\n\n"))));
  const auto scene =
      scene_of("deeplabv3_mnv2_dm05_pascal_quant.tflite", "cat_720p.jpg",
               {"--decoder", "mask", "--preprocess", "signed,resize=area", "--labels", labels});
  EXPECT_EQ(scene["mask"]["width"], 513) << print_json(scene).substr(0, 300);
  double cat = 0;
  for (const auto& share : scene["shares"])
    if (share["label"] == "cat") cat = share["share"].get<double>();
  EXPECT_NEAR(cat, 0.3802, 0.005);
}

}  // namespace
}  // namespace turnstone
