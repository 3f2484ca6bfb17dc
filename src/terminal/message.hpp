// An answer as it goes over the wire, with the headers that every answer carries.
#pragma once

#include <boost/beast/http/message_generator.hpp>

#include "terminal/request.hpp"

namespace standstill::terminal {

// `head`: the length of the body, but not the body.
[[nodiscard]] boost::beast::http::message_generator message_of(Answer answer, bool keep_alive, bool head);

}  // namespace standstill::terminal
