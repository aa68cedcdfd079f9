// The part of a classifier that is trained: a linear layer on standardised features, then softmax.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"

namespace turnstone {

// One row of numbers for each picture, and the class that each belongs to.
struct Examples {
  int64_t features = 0;         // numbers in a row
  std::vector<float> rows;      // [picture, feature]
  std::vector<int64_t> labels;  // [picture], index of the class

  int64_t count() const { return static_cast<int64_t>(labels.size()); }
  std::span<const float> row(int64_t i) const {
    return {rows.data() + i * features, static_cast<size_t>(features)};
  }
};

// softmax(weights * features + bias).
struct LinearHead {
  int64_t features = 0;
  int64_t classes = 0;
  std::vector<float> weights;  // [class, feature]
  std::vector<float> bias;     // [class]

  // Scores 0..1 of each class, which sum to 1. `row` has `features` numbers.
  std::vector<double> scores(std::span<const float> row) const;
};

// How a head is trained. Classes count alike, however many pictures each has.
struct HeadSettings {
  int epochs = 300;
  int64_t batch = 1024;           // most pictures a step; small steps of Adam chase single pictures
  double learning_rate = 0.01;    // at the start, or 1 / features if less: one step of Adam moves
                                  // every weight by it; falls to 0 along half a cosine
  double weight_decay = 0.001;    // AdamW's, decoupled from the gradient
  double label_smoothing = 0.05;  // share of the target that all classes get
  int patience = 20;              // epochs without a lower loss of validation before it ends
  uint64_t seed = 0;              // of the order of the pictures
};

// What one pass over the pictures gave. The losses are those that are minimised.
struct Epoch {
  double learning_rate = 0;
  double train_loss = 0;
  double train_accuracy = 0;  // 0..1
  double val_loss = 0;        // 0 where nothing is held out
  double val_accuracy = 0;
};

// A trained head and how it came to be.
struct TrainedHead {
  LinearHead head;
  std::vector<Epoch> history;
  int best = 0;  // epoch whose weights these are, from 0
};

// Told after each epoch; false ends the training with Code::cancelled.
using EpochObserver = std::function<bool(int epoch, const Epoch&)>;

// Trains on `train`; where `val` is not empty, keeps the epoch of its lowest loss. One thread, so
// that equal settings give equal bits. Errors: cancelled; unavailable, when a loss is not finite or
// with LibTorch's words.
Result<TrainedHead> train_head(const Examples& train, const Examples& val, int64_t classes,
                               const HeadSettings& settings, const EpochObserver& observer);

}  // namespace turnstone
