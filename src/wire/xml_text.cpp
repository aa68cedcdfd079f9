#include "wire/xml_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

#include "base/text.h"

namespace turnstone {
namespace {

void append_utf8(std::string& text, uint32_t point) {
  const auto byte = [&](uint32_t value) { text += static_cast<char>(value); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      byte(0xE0 | (point >> 12));
    } else {
      byte(0xF0 | (point >> 18));
      byte(0x80 | ((point >> 12) & 0x3F));
    }
    byte(0x80 | ((point >> 6) & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}

// Appends what the entity, without "&" and ";", stands for; false when it is none.
bool append_entity(std::string& text, std::string_view entity) {
  static constexpr std::pair<std::string_view, char> named[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [name, letter] : named) {
    if (entity != name) continue;
    text += letter;
    return true;
  }
  if (!entity.starts_with('#')) return false;
  const bool is_hex = entity.starts_with("#x");
  const auto digits = entity.substr(is_hex ? 2 : 1);
  uint32_t point = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), point, is_hex ? 16 : 10);
  const bool is_point = point > 0 && point < 0x110000 && (point < 0xD800 || point > 0xDFFF);
  if (error != std::errc() || end != digits.data() + digits.size() || !is_point) return false;
  append_utf8(text, point);
  return true;
}

std::optional<std::string> decoded(std::string_view raw) {
  constexpr size_t longest_entity = 10;
  std::string text;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '&') {
      text += raw[i];
      continue;
    }
    const auto end = raw.substr(i, longest_entity + 2).find(';');
    if (end == raw.npos || !append_entity(text, raw.substr(i + 1, end - 1))) return {};
    i += end;
  }
  return text;
}

// Walks over tags; `text` is what stood before the last one.
class Walker {
 public:
  explicit Walker(std::string_view xml) : rest_(xml) {}

  // To behind the next tag, comment or declaration; false at the end or at damage.
  bool next() {
    const auto open = rest_.find('<');
    if (open == rest_.npos) return false;
    text = rest_.substr(0, open);
    rest_.remove_prefix(open);
    const std::string_view end = rest_.starts_with("<!--") ? "-->" : ">";
    const auto close = rest_.find(end);
    if (close == rest_.npos) return false;
    tag = rest_.substr(1, close - 1);
    rest_.remove_prefix(close + end.size());
    return true;
  }

  std::string_view text;
  std::string_view tag;  // between its angle brackets

 private:
  std::string_view rest_;
};

std::string_view name_of(std::string_view tag) {
  const auto name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
  const auto colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

}  // namespace

std::optional<std::string> find_xml_text(std::string_view xml, std::string_view path) {
  const auto wanted = split(path, '/');
  Walker walker(xml);
  size_t depth = 0;    // of elements that are open
  size_t matched = 0;  // how many of them, from the root, are the path's
  bool is_bare = false;
  while (walker.next()) {
    const auto tag = walker.tag;
    if (tag.starts_with('?') || tag.starts_with('!')) {
      is_bare = false;
    } else if (tag.starts_with('/')) {
      if (depth == 0) return {};
      if (depth == wanted.size() && matched == depth)
        return is_bare ? decoded(walker.text) : std::nullopt;
      --depth;
      matched = std::min(matched, depth);
      is_bare = false;
    } else if (!tag.ends_with('/')) {
      if (matched == depth && depth < wanted.size() && name_of(tag) == wanted[depth]) ++matched;
      ++depth;
      is_bare = true;
    }
  }
  return {};
}

}  // namespace turnstone
