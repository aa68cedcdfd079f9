#include "wire/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <tuple>

#include "base/text.h"

namespace turnstone {
namespace {

constexpr size_t most_header_bytes = 65536;
constexpr uint64_t most_unasked_bytes = 1 << 20;  // sent before the server says that it wants them

template <auto free>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    free(pointer);
  }
};
using Multi = std::unique_ptr<CURLM, Free<curl_multi_cleanup>>;
using Easy = std::unique_ptr<CURL, Free<curl_easy_cleanup>>;
using Url = std::unique_ptr<CURLU, Free<curl_url_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Free<curl_slist_free_all>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

Url url_of(const std::string& text) {
  Url url(curl_url());
  CHECK(url);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
    return nullptr;
  return url;
}

std::string part_of(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool is_token(std::string_view text) {
  constexpr std::string_view signs = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           signs.find(c) != signs.npos;
  });
}

Result<> check_headers(const HttpClientRequest& request) {
  for (const auto& [name, value] : request.headers)
    if (!is_token(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos)
      return fail(Code::invalid, "header '{}' is wrong, legal are a name and a value of one line",
                  printable(name));
  return {};
}

Result<> check_request(const HttpClientRequest& request) {
  constexpr std::string_view methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  if (std::ranges::find(methods, request.method) == std::end(methods))
    return fail(Code::invalid,
                "method '{}' is wrong, legal are GET, HEAD, POST, PUT, PATCH and DELETE",
                printable(request.method));
  const auto url = url_of(request.url);
  const auto scheme = url ? part_of(url, CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https")
    return fail(Code::invalid, "url is wrong, legal are http://HOST and https://HOST without user");
  return check_headers(request);
}

// One exchange while it runs: what libcurl's callbacks write to and read from.
struct Transfer {
  explicit Transfer(const HttpClientRequest& asked) : request(asked) {}

  const HttpClientRequest& request;
  HttpReply reply = {};
  File file = nullptr;
  uint64_t body_bytes = 0;
  uint64_t read_bytes = 0;
  size_t header_bytes = 0;
  const char* broken = nullptr;  // why a callback ended the transfer
  std::array<char, CURL_ERROR_SIZE> error = {};

  Result<> open_body() {
    body_bytes = request.body.size();
    if (request.body_file.empty()) return {};
    const auto& path = request.body_file;
    std::error_code failed;
    body_bytes = std::filesystem::file_size(path, failed);
    if (!failed) file.reset(std::fopen(path.c_str(), "rbe"));
    if (!file) return fail(Code::missing, "{}: no such file", path.string());
    return {};
  }

  // 0 as libcurl's word for a broken transfer.
  size_t refuse(const char* why) {
    broken = why;
    return 0;
  }
};

size_t on_body(char* bytes, size_t size, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  auto& body = transfer.reply.body;
  if (body.size() + size * count > transfer.request.most_bytes)
    return transfer.refuse("the reply is too large");
  body.append(bytes, size * count);
  return size * count;
}

size_t on_header(char* bytes, size_t size, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  const std::string_view line(bytes, size * count);
  transfer.header_bytes += line.size();
  if (transfer.header_bytes > most_header_bytes)
    return transfer.refuse("the reply's headers are too large");
  if (line.starts_with("HTTP/")) {  // interim replies and redirects come before the last one
    transfer.reply.headers.clear();
    transfer.reply.body.clear();
  }
  const auto colon = line.find(':');
  if (colon != line.npos)
    transfer.reply.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  return line.size();
}

size_t on_read(char* bytes, size_t size, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  const auto room = std::min<uint64_t>(size * count, transfer.body_bytes - transfer.read_bytes);
  size_t got = room;
  if (transfer.file) {
    got = std::fread(bytes, 1, room, transfer.file.get());
    if (got == 0 && room > 0) {
      transfer.refuse("the file became shorter while it was sent");
      return CURL_READFUNC_ABORT;
    }
  } else {
    transfer.request.body.copy(bytes, room, transfer.read_bytes);
  }
  transfer.read_bytes += got;
  return got;
}

int on_seek(void* data, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(data);
  if (origin != SEEK_SET || offset < 0 || static_cast<uint64_t>(offset) > transfer.body_bytes)
    return CURL_SEEKFUNC_FAIL;
  if (transfer.file && std::fseek(transfer.file.get(), offset, SEEK_SET) != 0)
    return CURL_SEEKFUNC_FAIL;
  transfer.read_bytes = static_cast<uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

void append(HeaderList& list, const std::string& line) {
  auto* longer = curl_slist_append(list.get(), line.c_str());
  CHECK(longer);
  std::ignore = list.release();
  list.reset(longer);
}

// libcurl drops a header without a value unless it ends with a semicolon. It waits a second for
// servers that do not know Expect, which only a large body is worth.
HeaderList headers_of(const Transfer& transfer) {
  HeaderList list;
  for (const auto& [name, value] : transfer.request.headers)
    append(list, value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  if (transfer.body_bytes <= most_unasked_bytes) append(list, "Expect:");
  return list;
}

void set_method(CURL* easy, Transfer& transfer) {
  const auto& method = transfer.request.method;
  const bool reads = method == "GET" || method == "HEAD";
  if (!reads || transfer.body_bytes > 0) {
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer.body_bytes));
    set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (method == "DELETE" && transfer.body_bytes == 0) set(easy, CURLOPT_UPLOAD, 0L);
  if (method == "HEAD") set(easy, CURLOPT_NOBODY, 1L);
  if (!reads || transfer.request.most_redirects <= 0) return;
  const bool is_secure = lower(transfer.request.url.substr(0, 6)) == "https:";
  set(easy, CURLOPT_FOLLOWLOCATION, 1L);
  set(easy, CURLOPT_MAXREDIRS, static_cast<long>(transfer.request.most_redirects));
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, is_secure ? "https" : "http");
}

void set_callbacks(CURL* easy, Transfer& transfer) {
  set(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  set(easy, CURLOPT_WRITEFUNCTION, on_body);
  set(easy, CURLOPT_WRITEDATA, &transfer);
  set(easy, CURLOPT_HEADERFUNCTION, on_header);
  set(easy, CURLOPT_HEADERDATA, &transfer);
  set(easy, CURLOPT_READFUNCTION, on_read);
  set(easy, CURLOPT_READDATA, &transfer);
  set(easy, CURLOPT_SEEKFUNCTION, on_seek);
  set(easy, CURLOPT_SEEKDATA, &transfer);
}

void set_options(CURL* easy, const HttpClientOptions& options) {
  const auto patience = static_cast<long>(options.patience.count());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // a name that is being looked up does not hold up a stop
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_USERAGENT, "turnstone");
  set(easy, CURLOPT_CONNECTTIMEOUT, patience);
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, patience);
  const auto& tls = options.tls;
  if (!tls.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
    set(easy, CURLOPT_CAPATH, nullptr);
  }
  if (!tls.certificate_file.empty()) set(easy, CURLOPT_SSLCERT, tls.certificate_file.c_str());
  if (!tls.key_file.empty()) set(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
}

Error error_of(CURLcode code, const Transfer& transfer) {
  const auto where = print_request(transfer.request);
  if (transfer.broken) return {Code::invalid, fmt::format("{}: {}", where, transfer.broken)};
  const bool is_ours = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                       code == CURLE_TOO_MANY_REDIRECTS || code == CURLE_SSL_CERTPROBLEM;
  const char* why = transfer.error[0] ? transfer.error.data() : curl_easy_strerror(code);
  return {is_ours ? Code::invalid : Code::unavailable,
          fmt::format("{}: {}", where, printable(lower(trim(why))))};
}

class Client final : public HttpClient {
 public:
  explicit Client(const HttpClientOptions& options) : options_(options), multi_(curl_multi_init()) {
    CHECK(multi_);
  }

  Result<HttpReply> exchange(const HttpClientRequest& request, std::stop_token stop) override {
    TRY(check_request(request));
    Transfer transfer(request);
    TRY(transfer.open_body());
    const Easy easy(curl_easy_init());
    CHECK(easy);
    const auto headers = headers_of(transfer);
    set(easy.get(), CURLOPT_URL, request.url.c_str());
    set(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    set_options(easy.get(), options_);
    const auto longest = request.longest.count() > 0 ? request.longest : options_.longest;
    set(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(longest.count()));
    set_callbacks(easy.get(), transfer);
    set_method(easy.get(), transfer);
    const auto code = perform(easy.get(), stop);
    if (!code) return fail(Code::cancelled, "{}: stopped", print_request(request));
    if (*code != CURLE_OK) return std::unexpected(error_of(*code, transfer));
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.reply.status = static_cast<int>(status);
    return std::move(transfer.reply);
  }

 private:
  // Nothing when stop was requested before the transfer had ended.
  std::optional<CURLcode> perform(CURL* easy, const std::stop_token& stop) {
    CHECK(curl_multi_add_handle(multi_.get(), easy) == CURLM_OK);
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
    std::optional<CURLcode> ended;
    int running = 1;
    while (!ended && !stop.stop_requested()) {
      CHECK(curl_multi_perform(multi_.get(), &running) == CURLM_OK);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left))
        if (message->msg == CURLMSG_DONE) ended = message->data.result;
      if (!ended) curl_multi_poll(multi_.get(), nullptr, 0, 60'000, nullptr);
    }
    curl_multi_remove_handle(multi_.get(), easy);
    return ended;
  }

  HttpClientOptions options_;
  Multi multi_;
};

}  // namespace

std::string HttpReply::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Result<std::unique_ptr<HttpClient>> make_http_client(const HttpClientOptions& options) {
  static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  CHECK(is_ready);
  TRY(check_tls_files(options.tls));
  return std::make_unique<Client>(options);
}

Code http_code_of(int status) {
  const bool may_work_later = status == 408 || status == 429 || (status >= 500 && status <= 599);
  return may_work_later ? Code::unavailable : Code::invalid;
}

std::string print_request(const HttpClientRequest& request) {
  const auto url = url_of(request.url);
  if (!url) return request.method;
  const auto port = part_of(url, CURLUPART_PORT);
  return fmt::format("{} {}{}{}", request.method, printable(part_of(url, CURLUPART_HOST)),
                     port.empty() ? "" : ":", port);
}

Result<HttpReply> send_http(HttpClient& client, const HttpClientRequest& request,
                            std::stop_token stop) {
  auto reply = TRY(client.exchange(request, std::move(stop)));
  if (reply.status >= 200 && reply.status <= 299) return reply;
  return fail(http_code_of(reply.status), "{}: status {}", print_request(request), reply.status);
}

}  // namespace turnstone
