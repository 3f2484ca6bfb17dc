// The table of requests: what exists, who may, and what it calls.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "terminal/request.hpp"

namespace standstill::terminal {

enum class Access {
  anyone,
  local_or_operator,  // over the unix socket anyone (its mode is the permission), over TCP an operator
  operator_,          // an operator, wherever the request comes from
};

enum class Where {
  at_once,  // on the I/O thread: only what never waits
  pool,
  door,  // by the connection itself: who is signed in, and what becomes a WebSocket
};

struct Route {
  std::string_view method;
  std::string_view path;  // "/api/v1/snapshots/{id}": {id} is one part, letters, digits and "._-"
  Access access;
  Where where;
  Answer (*call)(Backend& backend, const Request& request, const std::string& id);
};

struct Match {
  const Route* route;
  std::string id;
};

// The route, or the answer for a path or method that has none (404, 405 with Allow). HEAD is answered as GET.
[[nodiscard]] std::variant<Match, Answer> find_route(const Request& request);

inline constexpr std::string_view stop_path = "/api/v1/stop";
inline constexpr std::string_view login_path = "/api/v1/login";
inline constexpr std::string_view logout_path = "/api/v1/logout";
inline constexpr std::string_view session_path = "/api/v1/session";
inline constexpr std::string_view events_path = "/api/v1/events";

// S9: whatever the body is, this trips. `warnings`: what was wrong before the body was looked at.
[[nodiscard]] Answer trip(Backend& backend, const Request& request, std::vector<std::string> warnings);

}  // namespace standstill::terminal
