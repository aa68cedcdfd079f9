// What the files of this folder share about GStreamer; nobody else includes it.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace turnstone {

// Gives back a reference with the function that its type needs.
struct GstRelease {
  void operator()(GstElement* element) const { gst_object_unref(element); }
  void operator()(GstBus* bus) const { gst_object_unref(bus); }
  void operator()(GstClock* clock) const { gst_object_unref(clock); }
  void operator()(GstPad* pad) const { gst_object_unref(pad); }
  void operator()(GstElementFactory* factory) const { gst_object_unref(factory); }
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GError* error) const { g_error_free(error); }
  void operator()(char* text) const { g_free(text); }
};
template <class T>
using Gst = std::unique_ptr<T, GstRelease>;

// Stops a pipeline before it gives the reference back.
struct GstStop {
  void operator()(GstElement* pipeline) const {
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
  }
};
using GstPipelineOwner = std::unique_ptr<GstElement, GstStop>;

// Starts GStreamer on the first call. Thread-safe. Errors: unavailable.
Result<> start_gst();

// A new element of the installed plugins; the caller owns one reference. Errors: unsupported, with
// the name of the element.
Result<Gst<GstElement>> make_element(const char* kind);

// A bin with one source pad of what `text` describes. Errors: invalid.
Result<Gst<GstElement>> make_bin(const std::string& text);

// A whole pipeline of what `text` describes, stopped. Errors: unsupported (an element is not
// installed), invalid (the text).
Result<GstPipelineOwner> make_pipeline(const std::string& text);

// An error of any element ends what `source`, an appsrc of the pipeline that blocks, takes: without
// this whoever pushes into a full one would wait for ever.
void end_when_it_fails(GstElement* pipeline, GstElement* source);

// The first error that an element has put on the pipeline's bus; other messages are taken off it.
std::optional<Error> find_failure(GstElement* pipeline);

// The text and kind of an error or warning on the bus: "jpegdec0: message (detail)". Of URLs it
// has scheme and host alone, for the rest may hold a password.
Error error_of(GstMessage* message);

// What a missing-plugin message asks for, such as "H.264 decoder", or "" for other messages.
std::string missing_plugin(GstMessage* message);

}  // namespace turnstone
