#include "capture/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnstone {
namespace {

using testing::HasSubstr;

// A pipeline that gives so many pictures, -1: without end, and its first element.
struct Fixture {
  Gst<GstElement> head;
  std::unique_ptr<FrameReader> reader;

  explicit Fixture(int pictures = -1, GstPadProbeCallback at_event = nullptr) {
    EXPECT_TRUE(start_gst());
    auto made = *make_element("videotestsrc");
    g_object_set(made.get(), "num-buffers", pictures, nullptr);
    const Gst<GstPad> pad(gst_element_get_static_pad(made.get(), "src"));
    if (at_event)
      gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, at_event, nullptr, nullptr);
    head.reset(GST_ELEMENT(gst_object_ref(made.get())));
    reader = *open_pipeline(std::move(made), {.where = "test"});
  }

  // The next that is something, or nothing after ten seconds.
  Result<Grab> next() const {
    auto grab = reader->next(std::chrono::milliseconds(10));
    for (int i = 0; grab && grab->kind == Grab::nothing && i < 1000; ++i)
      grab = reader->next(std::chrono::milliseconds(10));
    return grab;
  }

  Gst<GstElement> pipeline() const {
    return Gst<GstElement>(GST_ELEMENT(gst_object_get_parent(GST_OBJECT(head.get()))));
  }

  // Whether a message is left that nobody took.
  bool has_pending() const {
    const Gst<GstBus> bus(gst_element_get_bus(pipeline().get()));
    const Gst<GstMessage> message(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_QOS));
    return message != nullptr;
  }

  void post(GstMessage* message) const { gst_element_post_message(head.get(), message); }
  GError* trouble() const { return g_error_new(GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "bad"); }
};

TEST(Pipeline, TakesTheMessagesThatComeWithPictures) {
  const Fixture fixture;
  for (int i = 0; i < 100; ++i)
    fixture.post(gst_message_new_qos(GST_OBJECT(fixture.head.get()), TRUE, 0, 0, 0, 0));
  const auto grab = fixture.next();
  ASSERT_TRUE(grab) << grab.error().text;
  EXPECT_EQ(grab->kind, Grab::frame);
  EXPECT_FALSE(fixture.has_pending());
}

TEST(Pipeline, TellsAWarningThoughPicturesCome) {
  const Fixture fixture;
  const Gst<GError> trouble(fixture.trouble());
  fixture.post(gst_message_new_warning(GST_OBJECT(fixture.head.get()), trouble.get(), "odd"));
  const auto grab = fixture.next();
  ASSERT_TRUE(grab) << grab.error().text;
  EXPECT_EQ(grab->kind, Grab::broken);
  EXPECT_THAT(grab->error.text, HasSubstr("bad"));
  EXPECT_EQ(fixture.next()->kind, Grab::frame);
}

// Stands for an element that fails where the pictures end.
GstPadProbeReturn fail_at_end(GstPad* pad, GstPadProbeInfo* info, gpointer) {
  if (GST_EVENT_TYPE(gst_pad_probe_info_get_event(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
  const Gst<GstElement> element(gst_pad_get_parent_element(pad));
  const Gst<GError> trouble(g_error_new(GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "bad"));
  gst_element_post_message(element.get(),
                           gst_message_new_error(GST_OBJECT(element.get()), trouble.get(), "gone"));
  return GST_PAD_PROBE_DROP;
}

TEST(Pipeline, GivesThePicturesBeforeAFailure) {
  const Fixture fixture(4, fail_at_end);
  for (int i = 0; i < 4; ++i) {
    const auto grab = fixture.next();
    ASSERT_TRUE(grab) << i << ": " << grab.error().text;
    EXPECT_EQ(grab->kind, Grab::frame);
  }
  const auto end = fixture.next();
  ASSERT_FALSE(end);
  EXPECT_THAT(end.error().text, HasSubstr("bad"));
}

}  // namespace
}  // namespace turnstone
