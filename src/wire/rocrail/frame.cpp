#include "wire/rocrail/frame.hpp"

namespace standstill::rocrail {

std::string frame(std::string_view element, std::string_view body) {
  std::string made = "<xmlh><xml size=\"";
  made.append(std::to_string(body.size())).append("\" name=\"").append(element).append("\"/></xmlh>");
  made.append(body);
  return made;
}

std::string server_frame(std::string_view body) {
  std::string made = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlh>\n  <xml size=\"";
  made.append(std::to_string(body.size() + 2)).append("\"/>\n</xmlh>").append(body);
  made.append("\n").push_back('\0');
  return made;
}

}  // namespace standstill::rocrail
