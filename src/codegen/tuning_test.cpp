#include "codegen/tuning.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "codegen/schedule.h"
#include "ops/ops.h"

namespace turnstone {
namespace {

TEST(Tuning, IsReadAsItWasWritten) {
  Tuning tuning;
  tuning.set("x86_64_v4", "conv \"quoted\"",
             {.outputs = 4, .rows = 1, .columns = 14, .vectors = 2, .microseconds = 12.5});
  tuning.set("x86_64_v3", "matmul", {.rows = 2, .columns = 3, .vectors = 4});
  const auto folder = TemporaryFolder::make();
  ASSERT_TRUE(folder);
  const auto path = folder->path() / "a.tuning";
  ASSERT_TRUE(write_tuning(tuning, path));
  const auto read = read_tuning(path);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->size(), 2u);
  const auto* found = read->find("x86_64_v4", "conv \"quoted\"");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->outputs, 4);
  EXPECT_EQ(found->columns, 14);
  EXPECT_EQ(found->microseconds, 12.5);
  EXPECT_FALSE(read->find("x86_64_v3", "conv \"quoted\""));
  EXPECT_EQ(print_tuning(*read), print_tuning(tuning));
}

TEST(Tuning, SaysWhatIsWrong) {
  const auto text = [](std::string_view json) {
    const auto parsed = parse_tuning(json);
    return parsed ? std::string("fine") : parsed.error().text;
  };
  EXPECT_EQ(text(R"({"format": 2, "layers": []})"), "format 2 is not 1");
  EXPECT_EQ(text(R"({"format": 1, "layers": {}})"), "layers is no list");
  EXPECT_EQ(text(R"({"format": 1, "layers": [{"outputs": 0, "rows": 1, "columns": 65}]})"),
            "layer 0: columns 65 is outside [1, 64]");
  EXPECT_NE(text("[1, 2"), "fine");
  EXPECT_NE(text(R"({"format": 1, "layers": [3]})"), "fine");
}

TEST(Tuning, ChoosesTileAndFilteringOfALayer) {
  Graph layers(core_ops());
  const auto x = layers.input("x", {DType::f32, {1, 8, 8, 16}});
  const auto w = layers.constant(Tensor::filled(DType::f32, {16, 3, 3, 16}, 0.1));
  layers.output("y", layers.call("conv", {x, w}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}}));
  ASSERT_TRUE(verify(layers));
  const auto target = *find_target("x86_64_v3");
  const auto key = layer_key(layers, make_groups(layers)[0]);
  const auto scheduled = [&](Choice choice) {
    Tuning tuning;
    tuning.set(target.name, key, choice);
    return make_schedule(layers, target, &tuning).schedules[0];
  };
  const auto direct = scheduled({.rows = 1, .columns = 4, .vectors = 2});
  EXPECT_EQ(direct.kind, Schedule::Kind::matrix);
  EXPECT_EQ(direct.columns, 4);
  EXPECT_EQ(direct.vectors, 2);
  for (const int outputs : {2, 4}) {
    const auto filtered = scheduled({.outputs = outputs, .rows = 1, .columns = 4, .vectors = 2});
    EXPECT_EQ(filtered.kind, Schedule::Kind::winograd);
    EXPECT_EQ(filtered.outputs, outputs);
  }
  // What no kernel can do is not believed.
  EXPECT_NE(scheduled({.rows = 4, .columns = 12, .vectors = 4}).rows, 4);
}

TEST(Tuning, CandidatesBeginWithWhatIsChosenUnmeasured) {
  Graph layers(core_ops());
  const auto x = layers.input("x", {DType::f32, {1, 14, 14, 96}});
  const auto w = layers.constant(Tensor::filled(DType::f32, {576, 1, 1, 96}, 0.1));
  layers.output("y", layers.call("conv", {x, w}));
  const auto target = *find_target("x86_64_v4");
  const auto groups = make_groups(layers);
  const auto candidates = candidates_of(layers, groups[0], target);
  ASSERT_GT(candidates.size(), 1u);
  const auto chosen = make_schedule(layers, target).schedules[0];
  EXPECT_EQ(candidates[0].vectors, chosen.vectors);
  EXPECT_EQ(candidates[0].rows, chosen.rows);
}

}  // namespace
}  // namespace turnstone
