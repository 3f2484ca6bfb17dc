// Which commands start nothing. A list of what is harmless, because a list of what is dangerous would be
// incomplete.
#include <algorithm>
#include <array>
#include <optional>

#include "wire/rocrail/command.hpp"
#include "wire/rocrail/xml.hpp"

namespace standstill::rocrail {

namespace {

struct Harmless {
  std::string_view element;
  std::string_view attribute;
  std::string_view value;
};

// <element id="…" attribute="value"/>, with exactly that one attribute beside the id.
constexpr std::array harmless{
    Harmless{"sys", "cmd", "stop"},
    Harmless{"sys", "cmd", "ebreak"},
    Harmless{"sys", "cmd", "shutdown"},
    Harmless{"sys", "cmd", "save"},
    Harmless{"sys", "cmd", "query"},
    Harmless{"auto", "cmd", "off"},
    Harmless{"lc", "V", "0"},
    Harmless{"lc", "cmd", "stop"},
    Harmless{"co", "cmd", "off"},
    Harmless{"bk", "state", "closed"},
    Harmless{"clock", "cmd", "freeze"},
    Harmless{"clock", "freeze", "true"},
    Harmless{"powercmd", "cmd", "off"},
    Harmless{"model", "cmd", "plan"},
    Harmless{"model", "cmd", "lclist"},
    Harmless{"model", "cmd", "swlist"},
    Harmless{"model", "cmd", "fblist"},
    Harmless{"model", "cmd", "bklist"},
    Harmless{"model", "cmd", "sglist"},
    Harmless{"model", "cmd", "colist"},
    Harmless{"model", "cmd", "txlist"},
    Harmless{"model", "cmd", "stlist"},
    Harmless{"model", "cmd", "carlist"},
    Harmless{"model", "cmd", "operatorlist"},
    Harmless{"model", "cmd", "sclist"},
    Harmless{"model", "cmd", "tourlist"},
    Harmless{"model", "cmd", "fstat"},
    Harmless{"model", "cmd", "locationlist"},
};

bool starts_nothing(std::string_view element, std::span<const Attribute> attributes) {
  if (element == "ping") return attributes.empty();
  std::optional<Attribute> only;
  for (const auto& attribute : attributes) {
    if (attribute.name == "id") continue;
    if (only) return false;
    only = attribute;
  }
  return only && std::ranges::any_of(harmless, [&](const Harmless& row) {
           return row.element == element && row.attribute == only->name && row.value == only->value;
         });
}

}  // namespace

bool may_energise(std::string_view body) {
  XmlReader xml(body);
  if (xml.next() != XmlReader::Event::start || !starts_nothing(xml.name(), xml.attributes())) return true;
  return xml.next() != XmlReader::Event::end || xml.next() != XmlReader::Event::finished;
}

}  // namespace standstill::rocrail
