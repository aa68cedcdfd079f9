#include "wire/s3_connection.h"

#include "wire/aws_refusal.h"
#include "wire/aws_signature.h"
#include "wire/s3_rules.h"

namespace turnstone {

Result<HttpReply> S3Connection::ask(S3Question question, const std::stop_token& stop) {
  auto& request = question.request;
  request.url = s3_url_of(options_, question.key);
  if (!question.query.empty()) request.url += "?" + question.query;
  sign_aws_request(request, {options_.region, "s3"}, options_.credentials,
                   std::chrono::system_clock::now());
  auto reply = TRY(client_->exchange(request, stop));
  const bool is_good = reply.status >= 200 && reply.status <= 299;
  if (is_good && request.method != "POST") return reply;
  const auto refusal = parse_aws_refusal(reply.body);
  if (is_good && refusal.code.empty()) return reply;  // a store that joins parts fails in the body
  if (!question.is_cleanup) error_code_ = refusal.code;
  return std::unexpected(aws_error_of(request, reply.status, refusal));
}

}  // namespace turnstone
