#include "quantize/quantize.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/progress.h"
#include "base/text.h"
#include "quantize/calibrate.h"
#include "quantize/equalise.h"
#include "quantize/integer_graph.h"
#include "quantize/layer_errors.h"
#include "quantize/references.h"
#include "quantize/report.h"
#include "quantize/sensitivity.h"
#include "quantize/switchboard.h"

namespace turnstone::int8 {
namespace {

constexpr size_t most_for_errors = 128;  // calibration pictures that measure each layer's error
constexpr size_t most_for_ranking = 16;  // and that rank layers by what each alone does

// A random order that is the same on every machine.
std::vector<size_t> shuffled(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<size_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = i;
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

bool multiplies_integers(const Graph& graph) {
  return std::ranges::any_of(graph.live_calls(), [](const Made* made) {
    return (made->op() == "conv" || made->op() == "matmul") &&
           made->call.out[0].dtype == DType::i32;
  });
}

class Quantization {
 public:
  Quantization(const Graph& graph, Pictures pictures, const MakeRun& make_run,
               const QuantizeSettings& settings)
      : graph_(prepared(graph, settings.equalise, report_)),
        layers_(find_layers(graph_)),
        pictures_(std::move(pictures)),
        make_run_(make_run),
        settings_(settings) {}

  Result<QuantizedModel> run() {
    if (layers_.empty() && multiplies_integers(graph_))
      return fail(Code::unsupported,
                  "its convolutions and matrix products are in integers already");
    if (layers_.empty())
      return fail(Code::unsupported,
                  "no convolution and no matrix product with known weights is in it");
    TRY(deal());
    TRY(calibrate());
    TRY(measure_layers());
    TRY(choose());
    return QuantizedModel{make_integer_graph(graph_, layers_, scheme_, chosen_, Form::integers),
                          print_report(report_, layers_, scheme_, settings_)};
  }

 private:
  static Graph prepared(const Graph& graph, bool equalised, QuantizeReport& report) {
    auto biased = with_biases(graph);
    if (!equalised) return biased;
    const auto layers = find_layers(biased);
    report.equalised_pairs = find_pairs(biased, layers).size();
    return equalise(biased, layers);
  }

  // Calls body(i, input) for the pictures of a list, until one fails or a stop is wanted.
  template <class Body>
  Result<> each(std::string_view what, std::span<const size_t> list, Body body) {
    Progress progress(what, static_cast<int64_t>(list.size()), settings_.quiet);
    for (size_t k = 0; k < list.size(); ++k) {
      if (settings_.stopped()) return fail(Code::cancelled, "interrupted");
      progress.show(static_cast<int64_t>(k));
      TRY(body(list[k], TRY(pictures_.read(list[k]))));
    }
    return {};
  }

  Result<Run> made_run(std::string_view what, const Graph& graph) {
    if (settings_.stopped()) return fail(Code::cancelled, "interrupted");
    Progress progress(what, 0, settings_.quiet);
    progress.show(0, "compiling");
    TRY(verify(graph));
    return make_run_(graph);
  }

  // Which pictures calibrate and which judge; those that cannot be read are left out.
  Result<> deal() {
    std::vector<size_t> readable;
    Progress progress("reading", static_cast<int64_t>(pictures_.count()), settings_.quiet);
    for (const auto i : shuffled(pictures_.count(), settings_.seed)) {
      if (settings_.stopped()) return fail(Code::cancelled, "interrupted");
      progress.show(static_cast<int64_t>(readable.size() + report_.unreadable.size()));
      const auto input = pictures_.read(i);
      if (input)
        readable.push_back(i);
      else
        report_.unreadable.push_back(input.error().text);
    }
    if (readable.size() < 2)
      return fail(Code::invalid, "{} of {} pictures can be read, wanted: 2 or more{}{}",
                  readable.size(), pictures_.count(), report_.unreadable.empty() ? "" : ": ",
                  report_.unreadable.empty() ? "" : printable(report_.unreadable.front()));
    const auto count = static_cast<double>(readable.size());
    const auto held = std::clamp(std::round(count * settings_.held_back), 1.0, count - 1);
    const auto split = readable.begin() + static_cast<int64_t>(held);
    held_back_.assign(readable.begin(), split);
    calibrating_.assign(split, readable.end());
    report_.calibrating = calibrating_.size();
    return {};
  }

  Result<> calibrate() {
    const auto values = stored_values(graph_, layers_, Chosen(layers_.size(), 1));
    const auto own = graph_.outputs().size();
    references_.emplace(TRY(made_run("calibrating", with_outputs(graph_, values))), own);
    Calibration calibration(values);
    TRY(each("calibrating", calibrating_, [&](size_t i, const Tensor& input) -> Result<> {
      const auto results = TRY(references_->observe(i, input));
      return TRY(calibration.add(results, own), pictures_.file(i).string()), Result<>();
    }));
    report_.ranges = calibration.ranges(shared_scales(graph_, values), settings_.range);
    scheme_ = make_scheme(graph_, layers_, report_.ranges, settings_.small_pairs);
    return {};
  }

  Result<> measure_layers() {
    const auto run = TRY(made_run("layers", with_errors(graph_, layers_, scheme_)));
    LayerErrors errors(layers_);
    const auto list = std::span(calibrating_).first(std::min(calibrating_.size(), most_for_errors));
    TRY(each("layers", list, [&](size_t, const Tensor& input) -> Result<> {
      errors.add(TRY(run({&input, 1})), graph_.outputs().size());
      return {};
    }));
    report_.errors = errors.means();
    if (settings_.correct_biases) correct_biases(scheme_, report_.errors);
    return {};
  }

  // Compares outputs over a list of pictures.
  template <class RunInput>
  Result<Judgement> judged(std::string_view what, std::span<const size_t> list, RunInput run) {
    Judgement judgement(settings_.classes);
    TRY(each(what, list, [&](size_t i, const Tensor& input) -> Result<> {
      judgement.add(TRY(run(input)), TRY(references_->of(i, input)));
      return {};
    }));
    return judgement;
  }

  Result<Judgement> judge(const Chosen& chosen) {
    const auto graph = make_integer_graph(graph_, layers_, scheme_, chosen, Form::simulated);
    const auto run = TRY(made_run("judging", graph));
    return judged("judging", held_back_, [&](const Tensor& input) { return run({&input, 1}); });
  }

  Result<> choose() {
    chosen_.assign(layers_.size(), 1);
    report_.all_integers = report_.judgement = TRY(judge(chosen_));
    const auto most = settings_.max_drop_percent;
    if (report_.judgement->drop_percent() > most) TRY(search());
    report_.chosen = chosen_;
    if (std::ranges::find(chosen_, 1) == chosen_.end())
      return fail(Code::invalid,
                  "every layer in integers loses more than {:g} %, all of them lose {:.2f} %; "
                  "nothing was quantised",
                  most, report_.all_integers->drop_percent());
    return {};
  }

  // Leaves layers in reals. What the bisection found is judged once more as it will be written.
  Result<> search() {
    const auto most = settings_.max_drop_percent;
    Progress progress("choosing", 0, settings_.quiet);
    progress.show(0, "compiling");
    const auto board = TRY(Switchboard::make(graph_, layers_, scheme_, make_run_));
    progress.clear();
    report_.output_snr_db = TRY(rank(board));
    const auto order = worst_first(report_.output_snr_db);
    chosen_ = TRY(choose_layers(order, report_.judgement->drop_percent(), most,
                                [&](const Chosen& chosen) -> Result<double> {
                                  return TRY(judge_on(board, chosen)).drop_percent();
                                }));
    report_.judgement = TRY(judge(chosen_));
    for (const auto layer : order) {
      if (report_.judgement->drop_percent() <= most) break;
      if (!chosen_[layer]) continue;
      chosen_[layer] = 0;
      report_.judgement = TRY(judge(chosen_));
    }
    return {};
  }

  Result<Judgement> judge_on(const Switchboard& board, const Chosen& chosen) {
    return judged("choosing", held_back_,
                  [&](const Tensor& input) { return board.run(input, chosen); });
  }

  // Signal to noise of the outputs with each layer alone in integers.
  Result<std::vector<double>> rank(const Switchboard& board) {
    std::vector<Judgement> judgements(layers_.size(), Judgement(settings_.classes));
    const auto list =
        std::span(calibrating_).first(std::min(calibrating_.size(), most_for_ranking));
    TRY(each("ranking layers", list, [&](size_t i, const Tensor& input) -> Result<> {
      const auto expected = TRY(references_->of(i, input));
      for (size_t layer = 0; layer < layers_.size(); ++layer) {
        Chosen alone(layers_.size(), 0);
        alone[layer] = 1;
        judgements[layer].add(TRY(board.run(input, alone)), expected);
      }
      return {};
    }));
    std::vector<double> snr_db;
    for (const auto& judgement : judgements) snr_db.push_back(judgement.snr_db());
    return snr_db;
  }

  QuantizeReport report_;
  const Graph graph_;
  const std::vector<Layer> layers_;
  Pictures pictures_;
  const MakeRun& make_run_;
  const QuantizeSettings& settings_;
  std::vector<size_t> held_back_, calibrating_;
  std::optional<References> references_;
  Scheme scheme_;
  Chosen chosen_;
};

}  // namespace

Result<QuantizedModel> quantize(const Graph& graph, const ModelInput& input,
                                const MakeRun& make_run, const QuantizeSettings& settings) {
  if (graph.inputs().size() != 1)
    return fail(Code::unsupported, "the model has {} inputs, wanted: 1", graph.inputs().size());
  auto pictures = TRY(Pictures::open(settings.pictures, input));
  return Quantization(graph, std::move(pictures), make_run, settings).run();
}

}  // namespace turnstone::int8
