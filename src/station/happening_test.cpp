#include "station/happening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnstone {
namespace {

using testing::ElementsAre;

std::vector<std::string> told(std::string_view words) {
  std::vector<std::string> texts;
  for (int kind = Happening::loading; kind <= Happening::failed; ++kind)
    texts.push_back(print_status({static_cast<Happening::Kind>(kind), "x"}, words).value_or("-"));
  return texts;
}

TEST(Status, TheFirstFaceCameraSaysWhatItAlwaysSaid) {
  EXPECT_THAT(told("deeplens-a"), ElementsAre("-", "Model loaded", "Face detection starts now",
                                              "Opened Pipe", "Response: x", "Face pushed to S3",
                                              "Pushing to S3 failed: x", "Test failed: x"));
}

TEST(Status, TheSecondFaceCameraSaysWhatItAlwaysSaid) {
  EXPECT_THAT(told("deeplens-b"),
              ElementsAre("Loading face detection model", "Face detection model loaded", "-", "-",
                          "Response: x", "Face pushed to S3", "Error: x", "Error: x"));
}

TEST(Status, PlainWordsTellEverything) {
  EXPECT_THAT(told("plain"), ElementsAre("model x is being opened", "model x is in service",
                                         "started", "fifo opened", "store: x", "picture stored",
                                         "picture not stored: x", "failed: x"));
  EXPECT_THAT(told("klingon"), testing::Each("-"));
}

}  // namespace
}  // namespace turnstone
