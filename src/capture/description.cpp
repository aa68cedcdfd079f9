#include "capture/description.h"

#include "base/text.h"
#include "capture/pipeline.h"

namespace turnstone {

Result<Gst<GstElement>> make_bin(const std::string& text) {
  GError* why = nullptr;
  GstElement* made = gst_parse_bin_from_description_full(text.c_str(), TRUE, nullptr,
                                                         GST_PARSE_FLAG_FATAL_ERRORS, &why);
  const Gst<GError> error(why);
  if (made) return Gst<GstElement>(GST_ELEMENT(gst_object_ref_sink(made)));
  return fail(Code::invalid, "{}", error ? printable(error->message) : "is no source");
}

Result<std::unique_ptr<FrameReader>> open_description(const DescriptionOptions& options) {
  TRY(start_gst());
  const std::string where = "gst";  // the description may hold a password
  return open_pipeline(TRY(make_bin(options.text), where),
                       {.where = where, .live = options.live, .realtime = options.realtime});
}

}  // namespace turnstone
