#include "vision/decoder.h"

#include "vision/decoders.h"

namespace turnstone {

Result<std::unique_ptr<Decoder>> make_decoder(const Model& model) {
  if (!model.decoder && model.task != Task::classification)
    return fail(
        Code::unsupported,
        "model '{}' names no decoder; compile again with --decoder: softmax, identity, ssd or "
        "blazeface",
        model.name);
  const auto settings = model.decoder.value_or(DecoderSettings{});
  switch (settings.kind) {
    case DecoderKind::softmax:
    case DecoderKind::identity:
      return make_class_decoder(model, settings);
    case DecoderKind::ssd:
      return make_ssd_decoder(model, settings);
    case DecoderKind::blazeface:
      return make_blazeface_decoder(model, settings);
  }
  __builtin_unreachable();
}

}  // namespace turnstone
