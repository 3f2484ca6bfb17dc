#include "terminal/message.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "os/clock.hpp"

namespace standstill::terminal {
namespace {

namespace http = boost::beast::http;

template <typename Body>
void set_headers(http::response<Body>& response, const Answer& answer, bool keep_alive) {
  response.result(static_cast<unsigned>(answer.status));
  response.set(http::field::content_type, answer.type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Standstill-At", os::rfc3339(os::wall_ns()));
  response.set("X-Content-Type-Options", "nosniff");
  response.set("X-Frame-Options", "DENY");
  response.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  response.keep_alive(keep_alive);
}

}  // namespace

http::message_generator message_of(Answer answer, bool keep_alive, bool head) {
  if (head) {
    http::response<http::empty_body> response;
    set_headers(response, answer, keep_alive);
    response.content_length(answer.body.size());
    return response;
  }
  http::response<http::string_body> response;
  set_headers(response, answer, keep_alive);
  response.body() = std::move(answer.body);
  response.prepare_payload();
  return response;
}

}  // namespace standstill::terminal
