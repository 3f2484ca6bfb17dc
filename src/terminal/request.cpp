#include "terminal/request.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace standstill::terminal {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 32 || c == '\x7f') return std::nullopt;
    out += c;
  }
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

bool climbs(std::string_view path) {
  for (std::size_t from = 1; from <= path.size();) {
    const auto end = std::min(path.find('/', from), path.size());
    const auto part = path.substr(from, end - from);
    if (part == "." || part == ".." || (part.empty() && path.size() > 1)) return true;
    from = end + 1;
  }
  return path.find('\\') != std::string_view::npos;
}

}  // namespace

bool read_target(std::string_view target, Request& request) {
  const auto mark = target.find('?');
  const auto path = decoded(target.substr(0, mark), false);
  if (!path || !path->starts_with('/') || climbs(*path)) return false;
  request.path = *path;
  if (mark == std::string_view::npos) return true;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = decoded(pair.substr(0, equals), true);
    const auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return false;
    if (!name->empty()) request.query[*name] = *value;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

Answer problem(int status, const std::string& error, const std::string& hint) {
  return {.status = status,
          .body = nlohmann::json{{"error", error}, {"hint", hint}}.dump(
              -1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

Answer busy() {
  Answer answer =
      problem(503, "too many requests are waiting", "try again in a second; a stop is never refused");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

Answer not_logged_in(const std::string& error) {
  Answer answer = problem(401, error,
                          "sign in at the page, or send 'Authorization: Bearer NAME:SECRET'; `standstill "
                          "operator add NAME` makes "
                          "one");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"standstill\"");
  return answer;
}

Answer failed(const char* what) {
  return problem(500, std::string("the request failed: ") + what, "look into the supervisor's log");
}

std::optional<Bearer> read_bearer(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() < scheme.size() ||
      !equal_ignoring_case(authorization.substr(0, scheme.size()), scheme))
    return std::nullopt;
  authorization.remove_prefix(scheme.size());
  const auto colon = authorization.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == authorization.size()) return std::nullopt;
  return Bearer{std::string(authorization.substr(0, colon)), std::string(authorization.substr(colon + 1))};
}

bool same_origin(std::string_view origin, std::string_view host) {
  if (origin.empty()) return true;
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme))
      return !host.empty() && equal_ignoring_case(origin.substr(scheme.size()), host);
  return false;
}

}  // namespace standstill::terminal
