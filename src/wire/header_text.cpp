#include "wire/header_text.h"

#include <openssl/evp.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "base/base64.h"
#include "base/text.h"

namespace turnstone {
namespace {

constexpr std::string_view opening = "=?UTF-8?B?";
constexpr std::string_view closing = "?=";
constexpr size_t most_bytes = 45;  // of text in one word: 60 characters of base64

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (size < 0) return {};
  const auto padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return std::string(bytes.begin(), bytes.begin() + size - padding);
}

// How many bytes of `text`, at most `most`, end where a character ends.
size_t whole_characters(std::string_view text, size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return most;
}

}  // namespace

std::string encode_header_text(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
  if (is_plain && text.find("=?") == text.npos && trim(text).size() == text.size())
    return std::string(text);
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto size = whole_characters(text, most_bytes);
    const auto word = std::as_bytes(std::span(text.substr(0, size)));
    words.push_back(std::string(opening) + print_base64(word) + std::string(closing));
    text.remove_prefix(size);
  }
  return join(words, " ");
}

std::string decode_header_text(std::string_view text) {
  std::string decoded;
  for (const auto& word : split(text, ' ')) {
    if (!word.starts_with(opening) || !word.ends_with(closing) ||
        word.size() < opening.size() + closing.size())
      return std::string(text);
    const auto inner = std::string_view(word).substr(opening.size(),
                                                     word.size() - opening.size() - closing.size());
    const auto bytes = from_base64(inner);
    if (!bytes) return std::string(text);
    decoded += *bytes;
  }
  return decoded;
}

}  // namespace turnstone
