// LibTorch and its exceptions end here.
#include <torch/nn/functional/loss.h>
#include <torch/optim/adamw.h>
#include <torch/utils.h>

#undef CHECK  // of LibTorch's logging; ours is another

#include <algorithm>
#include <cmath>
#include <exception>
#include <numeric>

#include "dataset/shuffle.h"
#include "train/head.h"

namespace turnstone {
namespace {

namespace functional = torch::nn::functional;

torch::Tensor rows_of(const Examples& examples) {
  return torch::from_blob(const_cast<float*>(examples.rows.data()),
                          {examples.count(), examples.features}, torch::kFloat32);
}

torch::Tensor labels_of(const Examples& examples) {
  return torch::from_blob(const_cast<int64_t*>(examples.labels.data()), {examples.count()},
                          torch::kInt64);
}

// The weight of each class in the loss: the rarer, the heavier, 1 on average over the pictures.
torch::Tensor class_weights(const Examples& train, int64_t classes) {
  std::vector<int64_t> counts(static_cast<size_t>(classes), 0);
  for (const auto label : train.labels) ++counts[static_cast<size_t>(label)];
  auto weights = torch::ones({classes});
  for (int64_t k = 0; k < classes; ++k)
    if (const auto count = counts[static_cast<size_t>(k)])
      weights[k] = static_cast<double>(train.count()) / static_cast<double>(classes * count);
  return weights;
}

// Loss and share of right answers.
struct Outcome {
  torch::Tensor loss;
  double accuracy = 0;
};

class Trainer {
 public:
  Trainer(const Examples& train, const Examples& val, int64_t classes, const HeadSettings& settings)
      : train_(train),
        val_(val),
        settings_(settings),
        random_(settings.seed),
        order_(train.labels.size()),
        weights_(torch::zeros({classes, train.features}, torch::requires_grad())),
        bias_(torch::zeros({classes}, torch::requires_grad())),
        loss_options_(functional::CrossEntropyFuncOptions()
                          .weight(class_weights(train, classes))
                          .label_smoothing(settings.label_smoothing)),
        optimiser_({weights_, bias_}, torch::optim::AdamWOptions(settings.learning_rate)
                                          .weight_decay(settings.weight_decay)) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  Result<TrainedHead> run(const EpochObserver& observer) {
    TrainedHead trained;
    double lowest = INFINITY;
    for (int epoch = 0; epoch < settings_.epochs; ++epoch) {
      const auto now = one_epoch(epoch);
      if (!std::isfinite(now.train_loss) || !std::isfinite(now.val_loss))
        return fail(Code::unavailable, "epoch {}: the loss is not finite", epoch + 1);
      trained.history.push_back(now);
      if (val_.count() == 0 || now.val_loss < lowest) {
        lowest = now.val_loss;
        trained.best = epoch;
        trained.head = head();
      }
      if (!observer(epoch, now)) return fail(Code::cancelled, "interrupted");
      if (epoch - trained.best >= settings_.patience) break;
    }
    return trained;
  }

 private:
  Epoch one_epoch(int epoch) {
    Epoch now;
    const double first =
        std::min(settings_.learning_rate, 1 / static_cast<double>(train_.features));
    now.learning_rate = first * 0.5 * (1 + std::cos(M_PI * epoch / settings_.epochs));
    for (auto& group : optimiser_.param_groups()) group.options().set_lr(now.learning_rate);
    shuffle(order_, random_);
    const auto rows = rows_of(train_);
    const auto labels = labels_of(train_);
    const auto order = torch::from_blob(order_.data(), {train_.count()}, torch::kInt64);
    const auto steps = (train_.count() + settings_.batch - 1) / settings_.batch;
    for (int64_t step = 0; step < steps; ++step) {  // of sizes that differ by 1 at most
      const auto some =
          order.slice(0, step * train_.count() / steps, (step + 1) * train_.count() / steps);
      optimiser_.zero_grad();
      outcome(rows.index_select(0, some), labels.index_select(0, some)).loss.backward();
      optimiser_.step();
    }
    const torch::NoGradGuard no_gradient;
    const auto train = outcome(rows, labels);
    now.train_loss = train.loss.item<double>();
    now.train_accuracy = train.accuracy;
    if (val_.count() > 0) {
      const auto val = outcome(rows_of(val_), labels_of(val_));
      now.val_loss = val.loss.item<double>();
      now.val_accuracy = val.accuracy;
    }
    return now;
  }

  Outcome outcome(const torch::Tensor& rows, const torch::Tensor& labels) {
    const auto logits = torch::addmm(bias_, rows, weights_.t());
    const auto right = logits.argmax(1).eq(labels).sum().item<int64_t>();
    return {functional::cross_entropy(logits, labels, loss_options_),
            static_cast<double>(right) / static_cast<double>(labels.size(0))};
  }

  LinearHead head() const {
    LinearHead head{train_.features, bias_.size(0), {}, {}};
    const auto weights = weights_.detach().contiguous();
    const auto bias = bias_.detach().contiguous();
    head.weights.assign(weights.data_ptr<float>(), weights.data_ptr<float>() + weights.numel());
    head.bias.assign(bias.data_ptr<float>(), bias.data_ptr<float>() + bias.numel());
    return head;
  }

  const Examples& train_;
  const Examples& val_;
  const HeadSettings& settings_;
  std::mt19937_64 random_;
  std::vector<int64_t> order_;
  torch::Tensor weights_;
  torch::Tensor bias_;
  functional::CrossEntropyFuncOptions loss_options_;
  torch::optim::AdamW optimiser_;
};

}  // namespace

Result<TrainedHead> train_head(const Examples& train, const Examples& val, int64_t classes,
                               const HeadSettings& settings, const EpochObserver& observer) {
  CHECK(train.count() > 0 && classes > 1);
  try {
    torch::set_num_threads(1);
    return Trainer(train, val, classes, settings).run(observer);
  } catch (const std::exception& error) {
    return fail(Code::unavailable, "LibTorch: {}", error.what());
  }
}

}  // namespace turnstone
