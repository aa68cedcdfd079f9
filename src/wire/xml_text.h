// The little of XML that answers of AWS's services need: the text of one element.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace turnstone {

// The text of the first element at `path` from the root, "Error/Code", names without their prefix,
// with entities decoded. Nothing when there is no such element, when it holds other elements, or
// when the document is damaged before its end. Any input; takes time in proportion to it.
std::optional<std::string> find_xml_text(std::string_view xml, std::string_view path);

}  // namespace turnstone
