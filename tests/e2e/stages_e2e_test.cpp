// Models in a row with real ones: a face detector looks at a photograph, and again at each face
// that it found there. Skipped where the downloads are not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/files.h"
#include "base/json.h"
#include "base/test_process.h"
#include "base/text.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing_tools::run_program;

// Intersection over union of two boxes [left, top, right, bottom].
double overlap_of(const Json& a, const Json& b) {
  const auto at = [](const Json& box, int i) { return box.at(i).get<double>(); };
  const auto area = [&](const Json& box) {
    return (at(box, 2) - at(box, 0)) * (at(box, 3) - at(box, 1));
  };
  const double across = std::min(at(a, 2), at(b, 2)) - std::max(at(a, 0), at(b, 0));
  const double down = std::min(at(a, 3), at(b, 3)) - std::max(at(a, 1), at(b, 1));
  const double both = std::max(across, 0.0) * std::max(down, 0.0);
  return both / (area(a) + area(b) - both);
}

class RealStages : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(model_) || !fs::exists(picture_))
      GTEST_SKIP() << model_ << " is not there, `tools/setup test` fetches it";
  }

  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string errors() const { return read_text(file("errors")).value_or(""); }

  const fs::path downloads_ = fs::path(TURNSTONE_SOURCE_DIR) / "build/downloads";
  const fs::path model_ = downloads_ / "blazeface/ONNX/face_detection_front_128x128_barracuda.onnx";
  const fs::path picture_ = downloads_ / "pictures/astronaut.png";
  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-stages");
};

TEST_F(RealStages, AFaceThatIsLookedAtAgainIsWhereItWas) {
  ASSERT_EQ(
      run_program({TURNSTONE_PROGRAM, "compile", model_, "-o", file("blazeface"), "-q", "--decoder",
                   "kind=blazeface,anchors=front", "--preprocess", "signed,fit=letterbox,fill=0"},
                  file("out"), file("errors")),
      0)
      << errors();
  ASSERT_TRUE(make_folder(file("photos")));
  fs::copy(picture_, file("photos"));
  ASSERT_TRUE(write_file(
      file("station.toml"),
      fmt::format("[[source]]\nname = \"photos\"\nkind = \"folder\"\npath = \"photos\"\n"
                  "[[model]]\nname = \"faces\"\npackage = \"blazeface\"\n"
                  "[[model]]\nname = \"closer\"\npackage = \"blazeface\"\nafter = \"faces\"\n"
                  "of = [\"face\"]\npadding = 0.7\n"
                  "[[model]]\nname = \"light\"\npackage = \"{}/brightness1\"\nafter = \"closer\"\n"
                  "[[sink]]\nname = \"lines\"\nkind = \"jsonl\"\npath = \"lines.jsonl\"\n",
                  TURNSTONE_TEST_PACKAGES)));
  ASSERT_EQ(run_program({TURNSTONE_PROGRAM, "run", file("station.toml"), "--once", "-q"},
                        file("out"), file("errors")),
            0)
      << errors();
  std::map<std::string, Json> by_model;
  for (const auto& line : split(*read_text(file("lines.jsonl")), '\n')) {
    if (line.empty()) continue;
    const auto json = *parse_json(line);
    by_model[json["model"].get<std::string>()] = json;
  }
  ASSERT_EQ(by_model.size(), 3U);
  const auto& face = by_model["faces"]["detections"].at(0);
  const auto& again = by_model["closer"]["detections"].at(0);
  EXPECT_EQ(by_model["closer"]["box"], face["box"]);
  EXPECT_EQ(by_model["closer"]["of"], "face");
  EXPECT_GT(overlap_of(face["box"], again["box"]), 0.6) << face << again;
  for (size_t i = 0; i < face["keypoints"].size(); ++i)
    for (const int axis : {0, 1})
      EXPECT_NEAR(face["keypoints"][i][axis].get<double>(),
                  again["keypoints"][i][axis].get<double>(), 0.03)
          << i;
  EXPECT_EQ(by_model["light"]["box"], again["box"]);
}

}  // namespace
}  // namespace turnstone
