#include "plant/layout/goodbye.hpp"

#include "wire/rocrail/xml.hpp"

namespace standstill::layout {

void Goodbye::message(std::string_view root, std::string_view body, Instant now) {
  if (root == "sys") {
    rocrail::XmlReader xml(body);
    if (xml.next() == rocrail::XmlReader::Event::start && xml.attribute("cmd") == "shutdown") {
      // only a whole, valid message counts
      if (xml.next() != rocrail::XmlReader::Event::end || xml.next() != rocrail::XmlReader::Event::finished)
        return;
      announced_ = true;
      last_step_ = now;
      return;
    }
  }
  if (!announced_) return;
  if (root == "exception") {
    rocrail::XmlReader xml(body);
    if (xml.next() == rocrail::XmlReader::Event::start) {
      const auto text = xml.attribute("text");
      if (text.starts_with("For shutdown in console mode")) {
        announced_ = false;
        return;
      }
      if (text.starts_with("Saving plan") || text.starts_with("Plan file saved") ||
          text.starts_with("Shutting down")) {
        if (stands(now)) last_step_ = now;
        return;
      }
    }
  }
  if (now - last_step_ > overlap) announced_ = false;
}

}  // namespace standstill::layout
