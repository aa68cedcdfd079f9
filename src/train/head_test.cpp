#include "train/head.h"

#include <gmock/gmock.h>

#include <random>

#include "train/standardise.h"

namespace turnstone {
namespace {

// Two clouds around -centre and centre in four dimensions, the second `rarer` times rarer.
Examples clouds(int64_t count, uint32_t seed, int rarer = 1, double centre = 2) {
  std::mt19937 random(seed);
  std::normal_distribution<float> noise;
  Examples examples{4, {}, {}};
  for (int64_t i = 0; i < count; ++i) {
    const int64_t label = i % (rarer + 1) == 0;
    examples.labels.push_back(label);
    for (int f = 0; f < 4; ++f)
      examples.rows.push_back(noise(random) + static_cast<float>(label ? centre : -centre));
  }
  return examples;
}

double accuracy(const LinearHead& head, const Examples& examples) {
  int64_t right = 0;
  for (int64_t i = 0; i < examples.count(); ++i) {
    const auto scores = head.scores(examples.row(i));
    right += (scores[1] > scores[0]) == (examples.labels[static_cast<size_t>(i)] == 1);
  }
  return static_cast<double>(right) / static_cast<double>(examples.count());
}

bool always(int, const Epoch&) { return true; }

TEST(TrainHead, SeparatesTwoClouds) {
  const auto trained = train_head(clouds(100, 1), {}, 2, {}, always);
  ASSERT_TRUE(trained) << trained.error().text;
  EXPECT_GT(accuracy(trained->head, clouds(400, 2)), 0.98);
  EXPECT_LT(trained->history.back().train_loss, trained->history.front().train_loss);
}

TEST(TrainHead, GivesEqualBitsForEqualSettings) {
  const auto one = train_head(clouds(90, 1), {}, 2, {.epochs = 20, .batch = 16, .seed = 7}, always);
  const auto two = train_head(clouds(90, 1), {}, 2, {.epochs = 20, .batch = 16, .seed = 7}, always);
  const auto other =
      train_head(clouds(90, 1), {}, 2, {.epochs = 20, .batch = 16, .seed = 8}, always);
  ASSERT_TRUE(one && two && other);
  EXPECT_EQ(one->head.weights, two->head.weights);
  EXPECT_EQ(one->head.bias, two->head.bias);
  EXPECT_NE(one->head.weights, other->head.weights);
}

TEST(TrainHead, CountsARareClassLikeACommonOne) {
  const auto train = clouds(400, 1, 30, 0.5);
  const auto trained = train_head(train, {}, 2, {.epochs = 100}, always);
  ASSERT_TRUE(trained);
  int64_t found = 0, rare = 0;
  const auto test = clouds(2000, 2, 30, 0.5);
  for (int64_t i = 0; i < test.count(); ++i) {
    if (test.labels[static_cast<size_t>(i)] == 0) continue;
    ++rare;
    found += trained->head.scores(test.row(i))[1] > 0.5;
  }
  EXPECT_GT(static_cast<double>(found) / static_cast<double>(rare), 0.7);
}

TEST(TrainHead, KeepsTheEpochOfTheLowestValidationLossAndStopsAfterPatience) {
  const auto train = clouds(30, 1, 1, 0.2), val = clouds(200, 2, 1, 0.2);
  const HeadSettings settings{.epochs = 400, .learning_rate = 0.1, .patience = 15};
  const auto trained = train_head(train, val, 2, settings, always);
  ASSERT_TRUE(trained);
  const auto& history = trained->history;
  EXPECT_EQ(static_cast<int>(history.size()), trained->best + settings.patience + 1);
  for (const auto& epoch : history)
    EXPECT_GE(epoch.val_loss, history[static_cast<size_t>(trained->best)].val_loss);
}

TEST(TrainHead, FailsWhenTheLossIsNotFinite) {
  auto train = clouds(30, 1);
  train.rows[7] = NAN;
  const auto trained = train_head(train, {}, 2, {}, always);
  ASSERT_FALSE(trained);
  EXPECT_EQ(trained.error().code, Code::unavailable);
  EXPECT_EQ(trained.error().text, "epoch 1: the loss is not finite");
  EXPECT_FALSE(train_head(clouds(30, 1), train, 2, {}, always));
}

TEST(TrainHead, EndsWhenTheObserverSaysSo) {
  const auto stopped =
      train_head(clouds(30, 1), {}, 2, {}, [](int epoch, const Epoch&) { return epoch < 3; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::cancelled);
}

TEST(Standardise, FoldsIntoTheHead) {
  const auto examples = clouds(50, 3, 4);
  const auto by = standardisation_of(examples);
  const LinearHead head{4, 2, {1, -2, 3, 0.5F, -1, 2, 0, 1}, {0.25F, -0.5F}};
  const auto direct = folded(head, by);
  const auto easier = standardised(examples, by);
  for (int64_t i = 0; i < examples.count(); ++i)
    EXPECT_NEAR(direct.scores(examples.row(i))[0], head.scores(easier.row(i))[0], 1e-5);
}

TEST(Standardise, DoesNotMagnifyAFeatureThatNeverVaries) {
  const Examples examples{2, {1, 5, -1, 5, 3, 5}, {0, 1, 0}};
  const auto by = standardisation_of(examples);
  EXPECT_LT(by.factor[1], 20 * by.factor[0]);
  EXPECT_EQ(standardised(examples, by).rows[1], 0);
}

}  // namespace
}  // namespace turnstone
