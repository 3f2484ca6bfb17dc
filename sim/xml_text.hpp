// Writes XML exactly as a Rocrail server does: two blanks an indent, a newline after every element,
// `<empty/>` without a blank, the five entities escaped. Printers of XML libraries differ in these bytes, and
// the bytes are the point here.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace standstill::sim {

// The element and everything in it, ending in "\n".
[[nodiscard]] std::string xml_text(const pugi::xml_node& element);

// Text made safe for an attribute value. Bytes that XML cannot carry become blanks.
[[nodiscard]] std::string escaped(std::string_view text);

// Sets the attribute, appending it when the element has none of that name.
void put(pugi::xml_node element, const char* name, std::string_view value);
void put(pugi::xml_node element, const char* name, int value);

}  // namespace standstill::sim
