#include "capture/rtsp_server.h"

#include <arpa/inet.h>
#include <gst/app/gstappsrc.h>
#include <gst/rtsp-server/rtsp-server.h>

#include <map>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "capture/gst.h"

namespace turnstone {
namespace {

constexpr const char* role = "viewer";

// Clients that are gone without a word are forgotten after their time.
constexpr guint tidy_every_s = 5;

struct ServerRelease {
  void operator()(gpointer object) const { g_object_unref(object); }
  void operator()(GMainContext* context) const { g_main_context_unref(context); }
  void operator()(GMainLoop* loop) const { g_main_loop_unref(loop); }
  void operator()(GSource* source) const { g_source_unref(source); }
};
template <class T>
using Owned = std::unique_ptr<T, ServerRelease>;

// One stream; a client's pipeline has it only while somebody looks.
struct Mount {
  std::mutex mutex;
  Gst<GstElement> source;
  int64_t beginnings = 0;
};

// Connects a function that is called with the mount, which outlives the server where a client's
// pipeline does.
void connect(gpointer object, const char* signal, GCallback called,
             const std::shared_ptr<Mount>& mount) {
  g_signal_connect_data(
      object, signal, called, new std::shared_ptr<Mount>(mount),
      [](gpointer held, GClosure*) { delete static_cast<std::shared_ptr<Mount>*>(held); },
      static_cast<GConnectFlags>(0));
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_address(const std::string& address) {
  unsigned char any[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, address.c_str(), any) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), any) == 1;
}

Result<> check(const RtspServerOptions& options) {
  if (!is_address(options.address))
    return fail(Code::invalid, "address '{}' is no IP address", printable(options.address));
  if (options.user.empty() && !is_loopback(options.address))
    return fail(Code::invalid,
                "address '{}' is not of the loopback, which needs a user and a password",
                options.address);
  if (options.user.empty() != options.password.empty())
    return fail(Code::invalid, "a user and a password go together");
  if (options.certificate_file.empty() != options.key_file.empty())
    return fail(Code::invalid, "a certificate and its key go together");
  return {};
}

class GstRtsp final : public RtspServer {
 public:
  explicit GstRtsp(RtspServerOptions options) : options_(std::move(options)) {}
  ~GstRtsp() override;
  GstRtsp(const GstRtsp&) = delete;
  GstRtsp& operator=(const GstRtsp&) = delete;

  Result<> open();
  void add(const std::string& name) override;
  bool is_watched(const std::string& name) const override;
  int64_t beginnings(const std::string& name) const override;
  void send(const std::string& name, const EncodedPicture& picture) override;
  std::string url() const override;

 private:
  static void begin(GstRTSPMediaFactory*, GstRTSPMedia* media, gpointer mount);
  static void end(GstRTSPMedia*, gpointer mount);
  static gboolean tidy(gpointer self);
  Result<> protect();
  std::shared_ptr<Mount> find(const std::string& name) const;

  RtspServerOptions options_;
  Owned<GMainContext> context_;
  Owned<GMainLoop> loop_;
  Owned<GstRTSPServer> server_;
  Owned<GSource> listening_;
  Owned<GSource> tidying_;
  mutable std::mutex mutex_;  // of mounts_, not of what they hold
  std::map<std::string, std::shared_ptr<Mount>> mounts_;
  std::thread thread_;
};

// Somebody looks: from now on there is a pipeline that wants pictures.
void GstRtsp::begin(GstRTSPMediaFactory*, GstRTSPMedia* media, gpointer data) {
  const auto& mount = *static_cast<std::shared_ptr<Mount>*>(data);
  const Gst<GstElement> bin(gst_rtsp_media_get_element(media));
  Gst<GstElement> source(gst_bin_get_by_name(GST_BIN(bin.get()), "source"));
  const Gst<GstCaps> caps(
      gst_caps_from_string("video/x-h264,stream-format=byte-stream,alignment=au"));
  g_object_set(source.get(), "caps", caps.get(), nullptr);
  connect(media, "unprepared", G_CALLBACK(end), mount);
  const std::lock_guard lock(mount->mutex);
  mount->source = std::move(source);
  ++mount->beginnings;
}

void GstRtsp::end(GstRTSPMedia*, gpointer data) {
  const auto& mount = *static_cast<std::shared_ptr<Mount>*>(data);
  Gst<GstElement> source;
  const std::lock_guard lock(mount->mutex);
  source = std::move(mount->source);
}

gboolean GstRtsp::tidy(gpointer data) {
  const auto* self = static_cast<GstRtsp*>(data);
  const Owned<GstRTSPSessionPool> pool(gst_rtsp_server_get_session_pool(self->server_.get()));
  gst_rtsp_session_pool_cleanup(pool.get());
  return G_SOURCE_CONTINUE;
}

// A password never goes over the wire as it is, unless the wire is encrypted.
Result<> GstRtsp::protect() {
  const bool tls = !options_.certificate_file.empty();
  if (!tls && options_.user.empty()) return {};
  const Owned<GstRTSPAuth> auth(gst_rtsp_auth_new());
  GstRTSPToken* token =
      gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, role, nullptr);
  if (options_.user.empty()) {
    gst_rtsp_auth_set_default_token(auth.get(), token);
  } else {
    gst_rtsp_auth_set_supported_methods(auth.get(), GST_RTSP_AUTH_DIGEST);
    gst_rtsp_auth_add_digest(auth.get(), options_.user.c_str(), options_.password.c_str(), token);
    if (tls) {
      const Gst<char> basic(
          gst_rtsp_auth_make_basic(options_.user.c_str(), options_.password.c_str()));
      gst_rtsp_auth_set_supported_methods(
          auth.get(), static_cast<GstRTSPAuthMethod>(GST_RTSP_AUTH_DIGEST | GST_RTSP_AUTH_BASIC));
      gst_rtsp_auth_add_basic(auth.get(), basic.get(), token);
    }
  }
  gst_rtsp_token_unref(token);
  if (tls) {
    for (const auto& file : {options_.certificate_file, options_.key_file})
      TRY(read_text(file, size_t{1} << 20));
    GError* why = nullptr;
    GTlsCertificate* certificate = g_tls_certificate_new_from_files(
        options_.certificate_file.c_str(), options_.key_file.c_str(), &why);
    const Gst<GError> error(why);
    if (!certificate)
      return fail(Code::invalid, "{} with {}: {}", options_.certificate_file, options_.key_file,
                  error ? printable(error->message) : "unreadable");
    gst_rtsp_auth_set_tls_certificate(auth.get(), certificate);
    g_object_unref(certificate);
  }
  gst_rtsp_server_set_auth(server_.get(), auth.get());
  return {};
}

Result<> GstRtsp::open() {
  TRY(check(options_));
  context_.reset(g_main_context_new());
  loop_.reset(g_main_loop_new(context_.get(), FALSE));
  server_.reset(gst_rtsp_server_new());
  gst_rtsp_server_set_address(server_.get(), options_.address.c_str());
  gst_rtsp_server_set_service(server_.get(), std::to_string(options_.port).c_str());
  TRY(protect());
  GError* why = nullptr;
  listening_.reset(gst_rtsp_server_create_source(server_.get(), nullptr, &why));
  const Gst<GError> error(why);
  if (!listening_)
    return fail(Code::unavailable, "rtsp {}:{}: {}", options_.address, options_.port,
                error ? printable(error->message) : "cannot be opened");
  g_source_attach(listening_.get(), context_.get());
  tidying_.reset(g_timeout_source_new_seconds(tidy_every_s));
  g_source_set_callback(tidying_.get(), tidy, this, nullptr);
  g_source_attach(tidying_.get(), context_.get());
  thread_ = std::thread([this] {
    g_main_context_push_thread_default(context_.get());
    g_main_loop_run(loop_.get());
    g_main_context_pop_thread_default(context_.get());
  });
  return {};
}

GstRtsp::~GstRtsp() {
  if (!thread_.joinable()) return;
  gst_rtsp_server_client_filter(
      server_.get(),
      [](GstRTSPServer*, GstRTSPClient*, gpointer) { return GST_RTSP_FILTER_REMOVE; }, nullptr);
  g_source_destroy(listening_.get());
  g_source_destroy(tidying_.get());
  // A loop that is not running yet would not hear of it.
  Owned<GSource> last(g_idle_source_new());
  g_source_set_callback(
      last.get(),
      [](gpointer loop) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(loop));
        return G_SOURCE_REMOVE;
      },
      loop_.get(), nullptr);
  g_source_attach(last.get(), context_.get());
  thread_.join();
}

void GstRtsp::add(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& mount = mounts_[name];
  if (mount) return;
  mount = std::make_shared<Mount>();
  auto* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_launch(
      factory,
      "( appsrc name=source is-live=true format=time do-timestamp=true max-buffers=60 "
      "leaky-type=downstream ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )");
  gst_rtsp_media_factory_set_shared(factory, TRUE);
  gst_rtsp_media_factory_add_role(factory, role, GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN,
                                  TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE,
                                  nullptr);
  connect(factory, "media-configure", G_CALLBACK(begin), mount);
  const Owned<GstRTSPMountPoints> points(gst_rtsp_server_get_mount_points(server_.get()));
  gst_rtsp_mount_points_add_factory(points.get(), ("/" + name).c_str(), factory);
}

std::shared_ptr<Mount> GstRtsp::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = mounts_.find(name);
  return found == mounts_.end() ? nullptr : found->second;
}

bool GstRtsp::is_watched(const std::string& name) const {
  const auto mount = find(name);
  if (!mount) return false;
  const std::lock_guard lock(mount->mutex);
  return mount->source != nullptr;
}

int64_t GstRtsp::beginnings(const std::string& name) const {
  const auto mount = find(name);
  if (!mount) return 0;
  const std::lock_guard lock(mount->mutex);
  return mount->beginnings;
}

void GstRtsp::send(const std::string& name, const EncodedPicture& picture) {
  const auto mount = find(name);
  if (!mount) return;
  Gst<GstElement> source;
  {
    const std::lock_guard lock(mount->mutex);
    if (!mount->source) return;
    source.reset(GST_ELEMENT(gst_object_ref(mount->source.get())));
  }
  GstBuffer* buffer =
      gst_buffer_new_memdup(picture.bytes->data(), static_cast<gsize>(picture.bytes->size()));
  if (!picture.is_key) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  gst_app_src_push_buffer(GST_APP_SRC(source.get()), buffer);
}

std::string GstRtsp::url() const {
  const auto* scheme = options_.certificate_file.empty() ? "rtsp" : "rtsps";
  const bool v6 = options_.address.find(':') != options_.address.npos;
  return fmt::format("{}://{}{}{}:{}/", scheme, v6 ? "[" : "", options_.address, v6 ? "]" : "",
                     gst_rtsp_server_get_bound_port(server_.get()));
}

}  // namespace

Result<std::unique_ptr<RtspServer>> open_rtsp_server(const RtspServerOptions& options) {
  TRY(start_gst());
  auto server = std::make_unique<GstRtsp>(options);
  TRY(server->open());
  return server;
}

}  // namespace turnstone
