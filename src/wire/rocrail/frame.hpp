// The other direction: a body with its header, as one buffer, because a header that travels alone makes the
// server of 2014 close the connection.
#pragma once

#include <string>
#include <string_view>

namespace standstill::rocrail {

// As a client sends it: <xmlh><xml size="19" name="model"/></xmlh><model cmd="plan"/>
[[nodiscard]] std::string frame(std::string_view element, std::string_view body);

// As the server of 2014 sends it: declaration, header, body, line end, NUL, both counted. For simulated
// servers.
[[nodiscard]] std::string server_frame(std::string_view body);

}  // namespace standstill::rocrail
