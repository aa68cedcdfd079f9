#include "station/template.h"

#include <gtest/gtest.h>

#include "station/testing_outcomes.h"

namespace turnstone {
namespace {

using testing_tools::some_faces;
using testing_tools::some_verdict;

std::string printed(std::string_view text, const Outcome& outcome, size_t index = 0,
                    Quoting quoting = Quoting::none) {
  const auto made = Template::parse(text);
  return made ? made->print(values_of(outcome, index), quoting) : made.error().text;
}

TEST(Template, PrintsTheKeyOfTheFaceCameraWithoutZeros) {
  EXPECT_EQ(printed("faces/{month}_{day}/{hour}_{minute}/{epoch}_{index}.jpg", some_faces(), 1),
            "faces/3_7/8_5/1772870709_1.jpg");
}

TEST(Template, PrintsTheKeyOfTheChallengeWithZeros) {
  EXPECT_EQ(printed("DeepLens/image-{year}{month:02}{day:02}-{hour:02}{minute:02}{second:02}.jpg",
                    some_faces()),
            "DeepLens/image-20260307-080509.jpg");
}

TEST(Template, PrintsEveryValue) {
  EXPECT_EQ(printed("{label} {class} {score} {score:.2} {part} {index}", some_verdict()),
            "Fail 1 0.987 0.99 3 0");
  EXPECT_EQ(printed("{source}/{model}/{frame}/{picture}/{stem}/{id}", some_verdict()),
            "camera/inspection/91/img00091.jpg/img00091/0199");
  EXPECT_EQ(printed("{time} {epoch_ms}", some_verdict()), "2026-03-07T08:05:09.250Z 1772870709250");
  auto asked = some_verdict();
  asked.scene.message = "part 17";
  EXPECT_EQ(printed("{message}", asked), "part 17");
  EXPECT_EQ(printed("{left} {top} {right:.1} {bottom}", some_faces()), "0.1 0.2 0.3 0.6");
}

TEST(Template, DoubledBracesAreBraces) {
  EXPECT_EQ(printed(R"({{"verdict": "{label}"}})", some_verdict()), R"({"verdict": "Fail"})");
}

TEST(Template, TextsAreQuotedAsJsonWants) {
  auto outcome = testing_tools::some_classes({"a", "say \"no\"\n"});
  EXPECT_EQ(printed("\"{label}\"", outcome, 0, Quoting::json), R"("say \"no\"\n")");
}

TEST(Template, WhatAnOutcomeLacksIsEmpty) {
  auto outcome = some_faces();
  outcome.scene.detections.clear();
  EXPECT_EQ(printed("[{label}{part}]", outcome), "[]");
}

TEST(Template, ErrorsNameWhatIsWrong) {
  EXPECT_EQ(printed("{labels}", some_verdict()),
            "'{labels}' is no value of an outcome, did you mean '{label}'");
  EXPECT_EQ(printed("{score:x}", some_verdict()),
            "'x' is no format of 'score', legal are such as 05 and .2");
  EXPECT_EQ(printed("{score:.99}", some_verdict()),
            "'.99' is no format of 'score', legal are such as 05 and .2");
  for (const auto* text : {"{label", "label}", "{", "}", "a{b{c}"})
    EXPECT_FALSE(Template::parse(text)) << text;
}

}  // namespace
}  // namespace turnstone
