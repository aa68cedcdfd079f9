#include "vision/decoder.h"

#include <algorithm>

#include "base/text.h"
#include "vision/decoders.h"

namespace turnstone {
namespace {

constexpr bool rows_follow_kinds() {
  for (size_t i = 0; i < std::size(decoder_rows); ++i)
    if (decoder_rows[i].kind != static_cast<DecoderKind>(i)) return false;
  return true;
}
static_assert(rows_follow_kinds());

}  // namespace

const DecoderRow& row_of(DecoderKind kind) { return decoder_rows[static_cast<size_t>(kind)]; }

double default_score(DecoderKind kind) { return row_of(kind).score; }

std::string decoder_names() {
  std::vector<std::string> names;
  for (const auto& row : decoder_rows) names.emplace_back(row.name);
  return join(names, ", ");
}

std::string decoder_help() {
  std::vector<std::string> lines;
  for (const auto& row : decoder_rows)
    lines.push_back(fmt::format("  {:16}  {}", row.name, row.doc));
  return join(lines, "\n");
}

Result<std::unique_ptr<Decoder>> make_decoder(const Model& model) {
  if (!model.decoder && model.task != Task::classification)
    return fail(Code::unsupported,
                "model '{}' names no decoder; compile again with --decoder, legal are {}",
                model.name, decoder_names());
  const auto settings = model.decoder.value_or(DecoderSettings{});
  return row_of(settings.kind).make(model, settings);
}

}  // namespace turnstone
