#include "station/engine.h"

#include <optional>

#include "vision/placing.h"

namespace turnstone {
namespace {

// The type of an output, which the runtime spells as we do.
DType dtype_of(const ts_value& value) {
  return parse_dtype(ts_type_name(value.type)).value_or(DType::f32);
}

}  // namespace

Engine::Engine(Runtime runtime, Filler filler, std::unique_ptr<Decoder> decoder)
    : runtime_(std::move(runtime)),
      filler_(std::move(filler)),
      decoder_(std::move(decoder)),
      input_(runtime_.package.model->inputs[0].dtype, runtime_.package.model->inputs[0].shape) {}

// An input that is no picture takes numbers; one that may be a picture does so where it says that.
bool takes_samples(const ModelInput& input) {
  return input.window || (!input.preprocess && !picture_shape(input));
}

Result<Engine::Filler> Engine::filler_of(const Runtime& runtime) {
  if (!runtime.package.model)
    return fail(Code::invalid, "has no model.json, which says how frames become numbers");
  const auto& inputs = runtime.package.model->inputs;
  if (inputs.size() != 1)
    return fail(Code::unsupported, "has {} inputs, only models with one run on frames",
                inputs.size());
  const auto& input = inputs[0];
  if (takes_samples(input)) return TRY(WindowFiller::make(input));
  return TRY(make_preprocessor(input));
}

Result<Engine> Engine::open(const std::filesystem::path& package, int threads, OwnCode own_code) {
  auto runtime = TRY(open_runtime(package, threads, own_code));
  auto filler = TRY(filler_of(runtime), package.string());
  auto decoder = TRY(make_decoder(*runtime.package.model), package.string());
  Engine engine(std::move(runtime), std::move(filler), std::move(decoder));
  const auto& value = engine.runtime_.input(0);
  const auto status = ts_set_input(engine.runtime_.context.get(), 0, engine.input_.bytes(),
                                   value.type, value.shape, value.rank);
  CHECK(status == TS_OK);
  return engine;
}

std::vector<OutputView> Engine::outputs(std::vector<std::vector<int64_t>>& shapes) const {
  std::vector<OutputView> views;
  const int count = ts_output_count(runtime_.model.get());
  for (int i = 0; i < count; ++i) shapes.push_back(output_shape(runtime_, i));
  for (int i = 0; i < count; ++i) {
    const auto& value = runtime_.output(i);
    OutputView view{.name = value.name,
                    .dtype = dtype_of(value),
                    .shape = shapes[static_cast<size_t>(i)],
                    .data = ts_output(runtime_.context.get(), i),
                    .quantisation = {}};
    if (value.quantised) view.quantisation = Quantisation{value.scale, value.zero};
    views.push_back(view);
  }
  return views;
}

Result<Scene> Engine::scene_of(const Frame& frame, std::span<const OutputView> outputs, int index,
                               const Geometry& geometry) const {
  auto scene = TRY(decoder_->decode(outputs, index, geometry));
  scene.model = model().name;
  scene.source = frame.source;
  scene.sequence = frame.sequence;
  scene.file = frame.file;
  scene.origin = frame.origin;
  scene.message = frame.message;
  scene.wall = frame.wall;
  scene.piece = frame.piece;
  if (frame.piece) place_in_picture(scene, frame.piece->place);
  return scene;
}

Result<std::vector<Result<Scene>>> Engine::run(std::span<const Frame> frames) {
  CHECK(!frames.empty() && frames.size() <= static_cast<size_t>(batch()));
  const auto started = std::chrono::steady_clock::now();
  std::vector<Result<Geometry>> geometries;
  for (int i = 0; i < batch(); ++i) {
    const auto which = std::min(static_cast<size_t>(i), frames.size() - 1);
    auto geometry = std::visit(
        [&](auto& filler) { return filler.run(frames[which], i, input_.mutable_bytes()); },
        filler_);
    if (static_cast<size_t>(i) < frames.size()) geometries.push_back(std::move(geometry));
  }
  const auto prepared = std::chrono::steady_clock::now();
  TRY(turnstone::run(runtime_));
  const auto ran = std::chrono::steady_clock::now();
  std::vector<std::vector<int64_t>> shapes;
  const auto views = outputs(shapes);
  std::vector<Result<Scene>> scenes;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (!geometries[i])
      scenes.emplace_back(std::unexpected(geometries[i].error()));
    else
      scenes.push_back(scene_of(frames[i], views, static_cast<int>(i), *geometries[i]));
  }
  times_ = {.preprocess = prepared - started,
            .model = ran - prepared,
            .decode = std::chrono::steady_clock::now() - ran};
  return scenes;
}

}  // namespace turnstone
