// turnstone quantize as a user starts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/files.h"
#include "base/json.h"
#include "base/test_process.h"
#include "exchange/model.h"
#include "exchange/onnx/export.h"
#include "ir/text.h"
#include "media/image.h"
#include "media/picture.h"
#include "ops/ops.h"

namespace turnstone {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Pictures [1,3,8,8], channels first, to two classes: which side of the picture is brighter.
constexpr std::string_view net = R"(graph(x: f32[1,3,8,8]) {
  picture = transpose(x, axes=[0,2,3,1])
  a = conv(picture, f32[2,1,1,3] [0.3 0.4 0.3  -0.2 -0.5 -0.3])
  b = clamp(add(a, f32[2] [0.5 1.5]), low=0.0)
  c = conv(b, f32[2,1,8,1] [1 1 1 1 0 0 0 0  0 0 0 0 -1 -1 -1 -1], groups=2)
  "scores": softmax(reshape(reduce_mean(c, axes=[1,2]), shape=[1,2]))
})";

class Quantize : public testing::Test {
 protected:
  void SetUp() override {
    const auto graph = parse_graph(net, core_ops());
    ASSERT_TRUE(graph) << graph.error().text;
    ASSERT_TRUE(write_file(path("net.onnx"), *export_onnx(*graph, "net")));
    ASSERT_TRUE(make_folder(path("pictures")));
    for (int i = 0; i < 8; ++i) {
      auto image = *make_image(PixelFormat::rgb, 32, 32);
      for (int y = 0; y < 32; ++y)
        for (int k = 0; k < 96; ++k)
          image.row(y)[k] = static_cast<uint8_t>((k < 48) == (i % 2 == 0) ? 100 + 15 * i : y);
      ASSERT_TRUE(write_png(path(fmt::format("pictures/{}.png", i)), image.frame()));
    }
  }

  std::string path(const std::string& name) const { return folder_.path() / name; }

  // Everything behind `turnstone quantize net.onnx`; the exit status.
  int quantize(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {TURNSTONE_PROGRAM, "quantize", path("net.onnx")});
    return testing_tools::run_program(std::move(arguments), path("out"), path("err"));
  }
  std::string out() const { return read_text(path("out")).value_or(""); }
  std::string err() const { return read_text(path("err")).value_or(""); }

  TemporaryFolder folder_ = *TemporaryFolder::make("turnstone-e2e");
};

TEST_F(Quantize, WritesAModelOfIntegersAndItsReport) {
  ASSERT_EQ(quantize({"--preprocess", "unit", "--calibrate", path("pictures"), "-o",
                      path("net8.onnx"), "--json"}),
            0)
      << err();
  const auto report = parse_json(out());
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_EQ((*report)["integer_layers"], 2);
  EXPECT_EQ((*report)["calibration_pictures"], 4);
  EXPECT_EQ((*report)["result"]["agreement_percent"], 100.0);
  EXPECT_EQ(read_json(path("net8.report.json")).value_or(nullptr), *report);
  const auto bytes = read_text(path("net8.onnx")).value_or("");
  EXPECT_EQ(bytes.size(), (*report)["bytes"].get<size_t>());
  for (const auto* part :
       {"QuantizeLinear", "DequantizeLinear", "turnstone.model", "scores", "class_scores"})
    EXPECT_THAT(bytes, HasSubstr(part));
}

TEST_F(Quantize, PrintsWhichLayersComputeInWhat) {
  ASSERT_EQ(quantize({"--preprocess", "unit", "--calibrate", path("pictures"), "-o",
                      path("new/net8.onnx"), "--report", path("reports/report.json")}),
            0)
      << err();
  EXPECT_THAT(out(), HasSubstr("integers    1 conv 1x1, 3 to 2, [1,8,8,2]"));
  EXPECT_THAT(out(), HasSubstr("calibrated with 4 pictures, judged by 4 others"));
  EXPECT_THAT(out(), HasSubstr("2 of 2 layers in integers: the best class agrees on 4 of 4"));
  EXPECT_TRUE(fs::exists(path("new/net8.onnx")));
  EXPECT_TRUE(fs::exists(path("reports/report.json")));
}

TEST_F(Quantize, LeavesNothingBehindWhenItIsInterrupted) {
  const auto slow = path("slow-clang"), started = path("started");
  ASSERT_TRUE(write_file(slow, "#!/bin/sh\ntouch " + started + "\nexec sleep 60\n"));
  fs::permissions(slow, fs::perms::owner_all);
  testing_tools::Process program(
      {"env", "TURNSTONE_CLANG=" + slow, TURNSTONE_PROGRAM, "quantize", path("net.onnx"),
       "--preprocess", "unit", "--calibrate", path("pictures"), "-o", path("net8.onnx")},
      "", path("err"));
  ASSERT_TRUE(testing_tools::eventually([&] { return fs::exists(started); }));
  EXPECT_EQ(program.end(SIGINT), 130);
  EXPECT_THAT(err(), HasSubstr("turnstone quantize: interrupted"));
  EXPECT_FALSE(fs::exists(path("net8.onnx")));
  EXPECT_FALSE(fs::exists(path("net8.report.json")));
}

TEST_F(Quantize, SaysWhatIsWrong) {
  const auto pictures = path("pictures"), output = path("net8.onnx");
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output}), 1);
  EXPECT_THAT(err(), HasSubstr("nobody said how pictures become input 'x', say it with "));
  EXPECT_EQ(quantize({"--calibrate", path("none"), "-o", output}), 1);
  EXPECT_THAT(err(), HasSubstr("none: is not there"));
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", path("net.onnx")}), 1);
  EXPECT_THAT(err(), HasSubstr("net.onnx: is the model itself, wanted: another file"));
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--report", path("a.png")}), 2);
  EXPECT_THAT(err(), HasSubstr("a.png' is wrong, legal are names that end in .json"));
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--report", path("net.onnx")}), 2);
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--report", output}), 2);
  ASSERT_TRUE(write_file(output, ""));
  fs::create_symlink(output, path("linked.json"));
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--report", path("linked.json")}), 1);
  EXPECT_THAT(err(), HasSubstr("linked.json: is the new model itself, wanted: another file"));
  fs::remove(output);
  const auto labels = path("labels.json");
  ASSERT_TRUE(write_file(labels, "[\"a\"]"));
  EXPECT_EQ(
      quantize({"--calibrate", pictures, "-o", output, "--labels", labels, "--report", labels}), 1);
  EXPECT_THAT(err(), HasSubstr("labels.json: is the file of labels itself, wanted: another file"));
  EXPECT_EQ(*read_text(labels), "[\"a\"]");
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", path("notes.md")}), 2);
  EXPECT_THAT(err(), HasSubstr("notes.md' is wrong, legal are names that end in .onnx"));
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--max-drop", "nan"}), 2);
  EXPECT_THAT(err(), HasSubstr("--max-drop: nan is wrong, legal are 0 to 100"));
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--seed", "-1"}), 2);
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--range", "best"}), 2);
  EXPECT_THAT(err(), HasSubstr("--range: 'best' is wrong, legal are minmax, percentile, mse"));
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--held-back", "1"}), 2);
  EXPECT_EQ(quantize({"--calibrate", pictures, "-o", output, "--max-drop", "-1"}), 2);
  EXPECT_EQ(quantize({"--calibrate", pictures}), 2);
  EXPECT_FALSE(fs::exists(output));
}

}  // namespace
}  // namespace turnstone
