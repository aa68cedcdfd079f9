#include "wire/s3_multipart.h"

#include "base/log.h"
#include "base/text.h"
#include "wire/percent.h"
#include "wire/xml_text.h"

namespace turnstone {
namespace {

constexpr size_t most_abandoned = 16;
constexpr auto patience_to_give_up = std::chrono::seconds(2);

std::string query_of(const std::string& id) { return "uploadId=" + percent_encode(id); }

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else
      safe += c;
  }
  return safe;
}

std::string print_parts(const std::vector<std::string>& etags) {
  std::string xml = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < etags.size(); ++i)
    xml += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                       escaped(etags[i]));
  return xml + "</CompleteMultipartUpload>";
}

}  // namespace

Result<S3Receipt> S3Multipart::put(const std::string& key, const std::vector<HttpHeader>& headers,
                                   size_t count, const S3PartReader& next,
                                   const std::stop_token& stop) {
  const auto begun = TRY(connection_.ask(
      {.request = {.method = "POST", .headers = headers}, .key = key, .query = "uploads="}, stop));
  const auto id = find_xml_text(begun.body, "InitiateMultipartUploadResult/UploadId");
  if (!id || id->empty())
    return fail(Code::unavailable, "the store began no upload in parts of '{}'", printable(key));
  const Upload upload{key, *id};
  auto stored = send(upload, count, next, stop);
  if (stored) return stored;
  if (abandoned_.size() == most_abandoned) abandoned_.pop_front();
  abandoned_.push_back(upload);
  give_up();
  return stored;
}

Result<S3Receipt> S3Multipart::send(const Upload& upload, size_t count, const S3PartReader& next,
                                    const std::stop_token& stop) {
  std::vector<std::string> etags;
  for (size_t number = 1; number <= count; ++number) {
    const auto part = TRY(next());
    const auto sent =
        TRY(connection_.ask({.request = {.method = "PUT", .body = part},
                             .key = upload.key,
                             .query = fmt::format("partNumber={}&{}", number, query_of(upload.id))},
                            stop));
    etags.push_back(sent.header("etag"));
  }
  const auto parts = print_parts(etags);
  const HttpHeader type{"Content-Type", "application/xml"};
  const auto joined =
      TRY(connection_.ask({.request = {.method = "POST", .headers = {type}, .body = parts},
                           .key = upload.key,
                           .query = query_of(upload.id)},
                          stop));
  return S3Receipt{
      .etag = find_xml_text(joined.body, "CompleteMultipartUploadResult/ETag").value_or(""),
      .server_side_encryption = joined.header("x-amz-server-side-encryption")};
}

void S3Multipart::give_up() {
  for (auto left = abandoned_.size(); left > 0; --left) {
    const auto upload = abandoned_.front();
    const auto forgotten =
        connection_.ask({.request = {.method = "DELETE", .longest = patience_to_give_up},
                         .key = upload.key,
                         .query = query_of(upload.id),
                         .is_cleanup = true},
                        {});
    if (!forgotten && forgotten.error().code == Code::unavailable) {
      log_warning("parts of '{}' are left in the store for now: {}", printable(upload.key),
                  forgotten.error().text);
      return;
    }
    abandoned_.pop_front();
  }
}

}  // namespace turnstone
