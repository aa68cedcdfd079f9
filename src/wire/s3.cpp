#include "wire/s3.h"

#include <charconv>
#include <cstdio>

#include "base/text.h"
#include "wire/header_text.h"
#include "wire/s3_connection.h"
#include "wire/s3_multipart.h"
#include "wire/s3_rules.h"

namespace turnstone {
namespace {

constexpr std::string_view metadata_prefix = "x-amz-meta-";

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// An object's bytes, a part at a time, from memory or from a file.
class PartReader {
 public:
  // Errors: missing (no such file), invalid (too large).
  static Result<PartReader> open(const S3Object& object) {
    PartReader reader;
    reader.body_ = object.body;
    reader.path_ = object.file;
    reader.size_ = object.body.size();
    if (!object.file.empty()) {
      std::error_code failed;
      reader.size_ = std::filesystem::file_size(object.file, failed);
      if (!failed) reader.file_.reset(std::fopen(object.file.c_str(), "rbe"));
      if (!reader.file_) return fail(Code::missing, "{}: no such file", object.file.string());
    }
    if (reader.count() > most_s3_parts)
      return fail(Code::invalid, "an object of {} bytes is too large, legal are {}", reader.size_,
                  most_s3_parts * s3_part_bytes);
    return reader;
  }

  // At least one.
  size_t count() const { return std::max<size_t>(1, (size_ + s3_part_bytes - 1) / s3_part_bytes); }

  Result<std::string_view> next() {
    const auto size = std::min<uint64_t>(s3_part_bytes, size_ - from_);
    const auto from = std::exchange(from_, from_ + size);
    if (!file_) return body_.substr(from, size);
    part_.resize(size);
    if (std::fread(part_.data(), 1, size, file_.get()) != size)
      return fail(Code::invalid, "{}: the file became shorter while it was sent", path_.string());
    return part_;
  }

 private:
  std::string_view body_;
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  uint64_t size_ = 0;
  uint64_t from_ = 0;
  std::string part_;
};

std::vector<HttpHeader> headers_of(const S3Object& object) {
  std::vector<HttpHeader> headers = {{"Content-Type", object.content_type}};
  for (const auto& [name, value] : object.metadata)
    headers.push_back({std::string(metadata_prefix) + name, encode_header_text(value)});
  if (!object.acl.empty()) headers.push_back({"x-amz-acl", object.acl});
  return headers;
}

class Client final : public S3Client {
 public:
  Client(const S3Options& options, std::unique_ptr<HttpClient> client)
      : connection_(options, std::move(client)), multipart_(connection_) {}

  Result<S3Receipt> put(const S3Object& object, std::stop_token stop) override {
    connection_.forget_error();
    TRY(check_s3_object(object));
    multipart_.give_up();
    auto reader = TRY(PartReader::open(object));
    if (reader.count() == 1) return put_whole(object, reader, stop);
    return multipart_.put(
        object.key, headers_of(object), reader.count(), [&] { return reader.next(); }, stop);
  }

  Result<S3Head> head(const std::string& key, std::stop_token stop) override {
    const auto reply = TRY(ask("HEAD", key, 0, stop));
    S3Head head{.etag = reply.header("etag"), .content_type = reply.header("content-type")};
    const auto size = reply.header("content-length");
    std::from_chars(size.data(), size.data() + size.size(), head.size_bytes);
    for (const auto& [name, value] : reply.headers)
      if (name.starts_with(metadata_prefix))
        head.metadata[name.substr(metadata_prefix.size())] = decode_header_text(value);
    return head;
  }

  Result<std::string> get(const std::string& key, size_t most_bytes,
                          std::stop_token stop) override {
    auto reply = TRY(ask("GET", key, most_bytes, stop));
    if (reply.body.size() > most_bytes)
      return fail(Code::invalid, "the object of {} bytes is too large, legal are {}",
                  reply.body.size(), most_bytes);
    return std::move(reply.body);
  }

  Result<> remove(const std::string& key, std::stop_token stop) override {
    TRY(ask("DELETE", key, 0, stop));
    return {};
  }

  std::string error_code() const override { return connection_.error_code(); }

 private:
  Result<S3Receipt> put_whole(const S3Object& object, PartReader& reader,
                              const std::stop_token& stop) {
    const auto body = TRY(reader.next());
    const auto reply = TRY(
        connection_.ask({.request = {.method = "PUT", .headers = headers_of(object), .body = body},
                         .key = object.key},
                        stop));
    return S3Receipt{.etag = reply.header("etag"),
                     .server_side_encryption = reply.header("x-amz-server-side-encryption")};
  }

  Result<HttpReply> ask(const char* method, const std::string& key, size_t most_bytes,
                        const std::stop_token& stop) {
    constexpr size_t room_for_error = 4096;
    connection_.forget_error();
    TRY(check_s3_key(key));
    const HttpClientRequest request{.method = method,
                                    .most_bytes = std::max(most_bytes, room_for_error)};
    return connection_.ask({.request = request, .key = key}, stop);
  }

  S3Connection connection_;
  S3Multipart multipart_;
};

}  // namespace

Result<std::unique_ptr<S3Client>> make_s3_client(const S3Options& options) {
  TRY(check_s3_options(options));
  auto client = TRY(make_http_client({.tls = options.tls, .patience = options.patience}));
  return std::make_unique<Client>(options, std::move(client));
}

}  // namespace turnstone
