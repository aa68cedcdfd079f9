#include "station/sampler.h"

#include <gtest/gtest.h>

#include "media/image.h"

namespace turnstone {
namespace {

bool kept(Strategy strategy, double number, std::vector<double> scores, double drawn = 0) {
  FeedbackConfig config{.strategy = strategy};
  config.rate = config.threshold = number;
  return is_kept(config, scores, [&] { return drawn; });
}

TEST(Sampler, KeepsWhatTheConnectorsGuideKeeps) {
  EXPECT_TRUE(kept(Strategy::least_confidence, 0.6, {0.2, 0.2, 0.4, 0.2}));
  EXPECT_FALSE(kept(Strategy::least_confidence, 0.3, {0.2, 0.2, 0.4, 0.2}));
  EXPECT_TRUE(kept(Strategy::margin, 0.02, {0.3, 0.35, 0.34, 0.01}));
  EXPECT_TRUE(kept(Strategy::margin, 0.01, {0.3, 0.35, 0.34, 0.01}));
  EXPECT_FALSE(kept(Strategy::margin, 0.009, {0.3, 0.35, 0.34, 0.01}));
  EXPECT_TRUE(kept(Strategy::entropy, 0.75, {0.5, 0.25, 0.25}));
  EXPECT_FALSE(kept(Strategy::entropy, 1.04, {0.5, 0.25, 0.25}));
  EXPECT_NEAR(entropy_of(std::vector<double>{0.5, 0.25, 0.25}), 1.03972, 1e-5);
  EXPECT_TRUE(kept(Strategy::random, 0.5, {}, 0.49));
  EXPECT_FALSE(kept(Strategy::random, 0.5, {}, 0.5));
  EXPECT_FALSE(kept(Strategy::random, 0, {}, 0));
  EXPECT_TRUE(kept(Strategy::every, 0, {}));
}

// The map of the accelerator's stack.
TEST(Sampler, ReadsTheConnectorsMapAsItIs) {
  const auto map = parse_feedback_map(*parse_json(R"({
    "RandomSamplingConfiguration": {"s3-bucket-name": "my.bucket-1", "s3-prefix": "mlfeedback-random",
      "content-type": "image/jpeg,image/png", "file-ext": "png,jpg",
      "sampling-strategy": {"strategy-name": "RANDOM_SAMPLING", "rate": 0.5}},
    "LC50": {"s3-bucket-name": "b.c", "s3-prefix": "confidence-lower-than-50", "content-type": "image/jpeg",
      "sampling-strategy": {"strategy-name": "LEAST_CONFIDENCE", "threshold": "0.5"}},
    "Entropy": {"s3-bucket-name": "bkt", "content-type": "image/jpeg",
      "sampling-strategy": {"strategy-name": "ENTROPY", "threshold": 1.0}},
    "All": {"s3-bucket-name": "bkt", "content-type": "image/jpeg"}})"));
  ASSERT_TRUE(map) << map.error().text;
  ASSERT_EQ(map->configs.size(), 4u);
  EXPECT_EQ(map->request_limit, std::nullopt);
  EXPECT_EQ(map->configs[0].id, "RandomSamplingConfiguration");
  EXPECT_EQ(map->configs[0].rate, 0.5);
  EXPECT_FALSE(map->configs[0].as_png);
  EXPECT_EQ(map->configs[0].extension, "png,jpg");
  EXPECT_EQ(map->configs[1].strategy, Strategy::least_confidence);
  EXPECT_EQ(map->configs[1].threshold, 0.5);
  EXPECT_EQ(map->configs[2].threshold, 1.0);
  EXPECT_EQ(map->configs[3].strategy, Strategy::every);
}

// As a deployment of the connector says it.
TEST(Sampler, ReadsTheMapAsTextAmongTheConnectorsParameters) {
  const std::string map = R"({"LC50":{"s3-bucket-name":"b.c","content-type":"image/jpeg"},)"
                          R"("All":{"s3-bucket-name":"bkt","content-type":"image/jpeg"}})";
  Json parameters;
  parameters["FeedbackConfigurationMap"] = map;
  parameters["RequestLimit"] = "10";
  const auto read = parse_feedback_map(parameters);
  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->configs.size(), 2u);
  EXPECT_EQ(read->configs[1].id, "All");
  EXPECT_EQ(read->request_limit, 10);
  const auto text = parse_feedback_map(Json(map));
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_EQ(text->configs.size(), 2u);
}

std::string refused(std::string_view text) {
  const auto map = parse_feedback_map(*parse_json(text));
  return map ? "fine" : map.error().text;
}

TEST(Sampler, NamesWhatIsWrongInAMap) {
  EXPECT_EQ(refused("[]"), "is no object of configurations");
  EXPECT_EQ(refused(R"({"AB":{"s3-bucket-name":"abc","content-type":"audio/wav"}})"),
            "'AB': content-type 'audio/wav' is wrong, legal are image/jpeg and image/png");
  EXPECT_EQ(refused(R"({"AB":{"s3-bucket-name":"abc","content-type":"image/png",)"
                    R"("file-ext":"../x"}})"),
            "'AB': file-ext '../x' is wrong, legal are letters and digits, and commas");
  EXPECT_EQ(refused(R"({"-a":{}})"),
            "'-a': legal are 2 to 63 letters, digits and -, not - at first");
  EXPECT_EQ(refused(R"({"AB":{}})"), "'AB': 's3-bucket-name' is missing");
  EXPECT_EQ(refused(R"({"AB":{"s3-bucket-name":"A"}})"),
            "'AB': s3-bucket-name 'A' is wrong, legal are 3 to 63 of a-z 0-9 - .");
  EXPECT_EQ(refused(R"({"AB":{"s3-bucket-name":"abc","content-type":"image/png",
                    "sampling-strategy":{"strategy-name":"LUCK"}}})"),
            "'AB': strategy-name 'LUCK' is unknown, legal are RANDOM_SAMPLING, LEAST_CONFIDENCE, "
            "MARGIN, ENTROPY");
  EXPECT_EQ(refused(R"({"AB":{"s3-bucket-name":"abc","content-type":"image/png",
                    "sampling-strategy":{"strategy-name":"MARGIN","threshold":2}}})"),
            "'AB': 'threshold' is wrong, legal is 0 to 1");
  EXPECT_EQ(refused(R"({"FeedbackConfigurationMap":"[]"})"),
            "FeedbackConfigurationMap: is no object of configurations");
  EXPECT_EQ(refused(R"({"FeedbackConfigurationMap":"{\"AB\":{\"s3-bucket-name\":\"abc\",)"
                    R"(\"content-type\":\"image/jpeg\"}}","RequestLimit":"1000"})"),
            "'RequestLimit' is wrong, legal is 0 to 999");
}

TEST(Quota, KeepsToEachOfItsLimits) {
  Quota quota(2, 3, 0);
  const auto at = [](int seconds) {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(seconds));
  };
  EXPECT_TRUE(quota.take(at(0)));
  EXPECT_TRUE(quota.take(at(1)));
  EXPECT_FALSE(quota.take(at(59)));
  EXPECT_TRUE(quota.take(at(60)));
  EXPECT_FALSE(quota.take(at(200)));
  EXPECT_TRUE(quota.take(at(3600)));
  Quota none(0, 0, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(none.take(at(0)));
}

// Brighter from left to right, or the other way, with a little noise.
Frame ramp(bool rising, int noise) {
  auto image = *make_image(PixelFormat::gray, 90, 80);
  for (int y = 0; y < 80; ++y)
    for (int x = 0; x < 90; ++x)
      image.row(y)[x] = static_cast<uint8_t>((rising ? x : 89 - x) * 2 + (x * 7 + y * noise) % 3);
  return image.frame();
}

TEST(Novelty, PicturesThatLookAlikeAreKeptOnce) {
  Novelty novelty(4, 2);
  const auto take = [&](uint64_t fingerprint) {
    const bool is_new = novelty.is_new(fingerprint);
    if (is_new) novelty.remember(fingerprint);
    return is_new;
  };
  EXPECT_TRUE(take(fingerprint_of(ramp(true, 1))));
  EXPECT_FALSE(take(fingerprint_of(ramp(true, 2))));
  EXPECT_TRUE(take(fingerprint_of(ramp(false, 1))));
  EXPECT_TRUE(take(0x5555555555555555));
  EXPECT_TRUE(take(fingerprint_of(ramp(true, 1)))) << "the first is forgotten";
}

}  // namespace
}  // namespace turnstone
