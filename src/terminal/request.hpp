// A request as the routes see it: no socket, no library types.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "terminal/backend.hpp"

namespace standstill::terminal {

struct Request {
  std::string method = {};
  std::string path = {};                     // decoded, always beginning with '/'
  std::map<std::string, std::string> query;  // decoded; of a repeated name the last
  std::string body = {};
  std::string authorization = {};
  std::string origin = {};
  std::string host = {};
  std::string cookie = {};
  std::string token = {};  // X-Standstill-Token
  std::string accept_encoding = {};
  std::string if_none_match = {};
  Caller caller = {};
};

struct Answer {
  int status = 200;
  std::string body = {};
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// Splits and decodes an origin-form target ("/a%20b?c=d"). False: not one, a bad escape, a control character,
// or a path with an empty, "." or ".." part after decoding.
[[nodiscard]] bool read_target(std::string_view target, Request& request);

// {"error","hint"}, the shape of every answer that is not the expected one.
[[nodiscard]] Answer problem(int status, const std::string& error, const std::string& hint);

[[nodiscard]] Answer busy();                                   // 503
[[nodiscard]] Answer not_logged_in(const std::string& error);  // 401
[[nodiscard]] Answer failed(const char* what);                 // 500

// Secrets of an Authorization header; nullopt when it is absent or not "Bearer NAME:SECRET".
struct Bearer {
  std::string name = {};
  std::string secret = {};
};
[[nodiscard]] std::optional<Bearer> read_bearer(std::string_view authorization);

// A browser says in Origin which page sends a request. True: none, or the page this server itself serves.
[[nodiscard]] bool same_origin(std::string_view origin, std::string_view host);

}  // namespace standstill::terminal
