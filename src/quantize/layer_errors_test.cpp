#include "quantize/layer_errors.h"

#include "quantize/calibrate.h"
#include "quantize/integer_graph.h"
#include "quantize/testing.h"

namespace turnstone::int8 {
namespace {

// A calibrated net.
struct Net {
  Graph graph = with_biases(small_net());
  std::vector<Layer> layers = find_layers(graph);
  std::vector<Tensor> inputs;
  Scheme scheme;

  Net() {
    std::mt19937 random(5);
    for (int i = 0; i < 20; ++i) inputs.push_back(random_tensor({1, 6, 6, 3}, random));
    const auto values = stored_values(graph, layers, Chosen(layers.size(), 1));
    const auto run = *make_interpreted_run(with_outputs(graph, values));
    Calibration calibration(values);
    for (const auto& x : inputs) EXPECT_TRUE(calibration.add(*run({&x, 1}), 1));
    const auto ranges = calibration.ranges(shared_scales(graph, values), RangeMethod::minmax);
    scheme = make_scheme(graph, layers, ranges, false);
  }

  std::vector<LayerError> errors() const {
    const auto run = *make_interpreted_run(with_errors(graph, layers, scheme));
    LayerErrors sums(layers);
    for (const auto& x : inputs) sums.add(*run({&x, 1}), 1);
    return sums.means();
  }
};

double size_of_shift(const LayerError& error) {
  double sum = 0;
  for (const auto shift : error.shift) sum += shift * shift;
  return std::sqrt(sum);
}

TEST(LayerErrors, AreThoseOfEightBits) {
  for (const auto& error : Net().errors()) {
    EXPECT_GT(error.snr_db(), 25);
    EXPECT_LT(error.snr_db(), 70);
    EXPECT_GE(error.corrected_snr_db(), error.snr_db());
  }
}

TEST(LayerErrors, CorrectedBiasesShiftLess) {
  Net net;
  // A planted shift: weights rounded so coarsely that means move.
  for (size_t i = 0; i < net.layers.size(); ++i) {
    auto& reals = net.scheme.layers[i].weights.reals;
    Tensor coarse(DType::f32, reals.shape());
    for (int64_t k = 0; k < reals.size(); ++k)
      coarse.set_real(k, std::round(reals.real_at(k) * 4) / 4);
    reals = coarse;
  }
  const auto before = net.errors();
  correct_biases(net.scheme, before);
  const auto after = net.errors();
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_LT(size_of_shift(after[i]), size_of_shift(before[i]) / 4) << i;
    EXPECT_NEAR(after[i].snr_db(), before[i].corrected_snr_db(), 0.5) << i;
  }
}

TEST(LayerErrors, WithoutNoiseOrSignalAreNumbers) {
  EXPECT_EQ((LayerError{{0}, 0, 1}).snr_db(), most_snr);
  EXPECT_EQ((LayerError{{0}, 1, 0}).snr_db(), -most_snr);
  EXPECT_EQ((LayerError{{0}, 0, 0}).corrected_snr_db(), most_snr);
}

TEST(IntegerGraph, IsSimulatedByReals) {
  const Net net;
  const Chosen all(net.layers.size(), 1);
  const auto integers = make_integer_graph(net.graph, net.layers, net.scheme, all, Form::integers);
  const auto simulated =
      make_integer_graph(net.graph, net.layers, net.scheme, all, Form::simulated);
  ASSERT_TRUE(verify(integers));
  ASSERT_TRUE(verify(simulated));
  for (const auto& x : net.inputs)
    EXPECT_LT(compare((*evaluate(integers, {&x, 1}))[0], (*evaluate(simulated, {&x, 1}))[0])
                  .relative_to_range,
              1e-4);
}

TEST(IntegerGraph, HoldsWeightsAndBiasesInIntegers) {
  const Net net;
  const auto text = print(make_integer_graph(net.graph, net.layers, net.scheme,
                                             Chosen(net.layers.size(), 1), Form::integers),
                          0);
  EXPECT_NE(text.find("i8[8,3,3,3]"), std::string::npos) << text;
  EXPECT_NE(text.find("i32[8]"), std::string::npos) << text;
  EXPECT_EQ(text.find("f32[8,3,3,3] {...}"), std::string::npos) << text;
}

TEST(IntegerGraph, OfNoLayerIsTheGraph) {
  const Net net;
  const auto none = make_integer_graph(net.graph, net.layers, net.scheme,
                                       Chosen(net.layers.size(), 0), Form::integers);
  EXPECT_EQ(print(none), print(net.graph));
}

TEST(RoundedWeights, ReachTheEndsAndKeepWhatFitsExactly) {
  const auto weights = *parse_tensor("f32[2,1,1,2] [1 -127  0 0]");
  const double least[] = {1e-30, 1e-30};
  const auto rounded = round_weights(weights, 0, false, least);
  EXPECT_EQ(print(rounded.integers), "i8[2,1,1,2] [1 -127 0 0]");
  EXPECT_TRUE(same(rounded.reals, weights));
  EXPECT_GT(rounded.scales.real_at(1), 0);
}

TEST(RoundedWeights, MayKeepNeighboursOfOneSignSmall) {
  const double least[] = {1e-30, 1e-30};
  const auto rounded = [&](const char* weights, size_t axis) {
    return print(round_weights(*parse_tensor(weights), axis, true, least).integers);
  };
  EXPECT_EQ(rounded("f32[2,1,1,4] [100 100 -20 0  1 -127 3 4]", 0),
            "i8[2,1,1,4] [64 64 -13 0 1 -127 3 4]");
  // Channels that lie side by side are no neighbours.
  EXPECT_EQ(rounded("f32[2,2] [-127 30  -127 90]", 1), "i8[2,2] [-64 32 -64 95]");
}

TEST(RoundedWeights, AreCoarserWhereABiasWouldOverflow) {
  const auto graph = with_biases(graph_of(R"(graph(x: f32[1,1,1,1]) {
    add(conv(x, f32[1,1,1,1] [1e-20]), f32[1] [1000])
  })"));
  const auto layers = find_layers(graph);
  const auto scheme = make_scheme(graph, layers, {{layers[0].input(), {-1, 1}}}, false);
  const auto bias = integer_bias(scheme, layers[0], 0);
  EXPECT_NEAR(bias.reals.real_at(0), 1000, 0.01);
}

}  // namespace
}  // namespace turnstone::int8
