#include "sim/xml_text.hpp"

namespace standstill::sim {

namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += (static_cast<unsigned char>(c) < 0x20U && c != '\n' && c != '\t') ? ' ' : c;
    }
  }
}

void append(std::string& out, const pugi::xml_node& element, std::size_t depth) {
  out.append(depth * 2, ' ');
  out += '<';
  out += element.name();
  for (const auto& attribute : element.attributes()) {
    out += ' ';
    out += attribute.name();
    out += "=\"";
    append_escaped(out, attribute.value());
    out += '"';
  }
  bool has_children = false;
  for (const auto& child : element.children()) {
    if (child.type() != pugi::node_element) continue;
    if (!has_children) out += ">\n";
    has_children = true;
    append(out, child, depth + 1);
  }
  if (!has_children) {
    out += "/>\n";
    return;
  }
  out.append(depth * 2, ' ');
  out += "</";
  out += element.name();
  out += ">\n";
}

}  // namespace

std::string xml_text(const pugi::xml_node& element) {
  std::string out;
  append(out, element, 0);
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

void put(pugi::xml_node element, const char* name, std::string_view value) {
  auto attribute = element.attribute(name);
  if (!attribute) attribute = element.append_attribute(name);
  attribute.set_value(std::string(value).c_str());
}

void put(pugi::xml_node element, const char* name, int value) { put(element, name, std::to_string(value)); }

}  // namespace standstill::sim
