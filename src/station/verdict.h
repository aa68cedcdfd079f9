// What was found about one part, from all its frames.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "media/frame.h"
#include "vision/scene.h"

namespace turnstone {

// The verdict on a part.
struct Verdict {
  int64_t part = 0;     // counts from 0 in each run
  int label = -1;       // index into Model::labels, -1: undecided, no frame of the part was judged
  float score = 0;      // 0..1
  int frames = 0;       // that had a say
  int inspections = 1;  // times that the part was judged; only the last of them counts
  std::vector<Classification> classes = {};  // falling by score
  // Of the last frame that had a say: its model, source, sequence, file and time. Where none had,
  // the part's first frame without model and classes; sequence -1: it had no frame at all.
  Scene scene = {};
};

// How the frames of a part make its verdict.
enum class Voting {
  mean,  // the class with the largest mean score
  last,  // what the last frame says
  // What the last frame of the last whole batch of four says; the others of a batch have no say,
  // nor has a batch that is not whole. As the turntable's first program did.
  batch,
};

// "mean", "last" or "batch". Errors: invalid.
Result<Voting> parse_voting(std::string_view text);

// Gathers what a model says of the frames of one part. Holds a few numbers a class, however long
// the part stands. One thread at a time.
class Vote {
 public:
  explicit Vote(Voting voting) : voting_(voting) { shown_.sequence = -1; }

  // A frame of the part that is to be judged.
  void show(const Frame& frame);

  // Counts a judged frame; one without classes has no say.
  void add(const Scene& scene);

  int frames() const { return frames_; }

  // The verdict so far, for part number `part`.
  Verdict verdict(int64_t part) const;

 private:
  Voting voting_;
  int seen_ = 0;              // frames with classes
  int frames_ = 0;            // that had a say
  std::vector<double> sums_;  // of the scores of each label
  Scene shown_;               // the last frame that had a say, or the first
};

}  // namespace turnstone
