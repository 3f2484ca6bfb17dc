#include "app/ask.hpp"

#include <nlohmann/json.hpp>

namespace standstill::app {

using nlohmann::ordered_json;

namespace {

std::string member(const ordered_json& body, const char* name) {
  return body.is_object() && body.contains(name) && body[name].is_string() ? body[name].get<std::string>()
                                                                           : "";
}

// 404 and 400 are about what was typed; 401, 403 and 409 are refusals; the rest says that the supervisor is
// in no state to answer.
int exit_code_of(int status) {
  switch (status) {
    case 401:
    case 403:
    case 409:
    case 429:
      return exit_refused;
    case 400:
    case 404:
    case 405:
    case 413:
      return exit_usage;
    default:
      return exit_unreachable;
  }
}

}  // namespace

Ask::Answer Ask::judge(const std::expected<terminal::Response, terminal::ClientError>& response) {
  if (!response) {
    complain(response.error().text);
    return std::unexpected(exit_unreachable);
  }
  ordered_json body = ordered_json::parse(response->body, nullptr, false);
  if (response->status >= 200 && response->status < 300) {
    if (!body.is_discarded()) return body;
    complain("the supervisor's answer is not JSON: are supervisor and command line of the same version?");
    return std::unexpected(exit_unreachable);
  }
  std::string error = member(body, "error");
  if (error.empty()) error = "the supervisor answered " + std::to_string(response->status);
  complain(error);
  if (body.is_object() && body.contains("reasons") && body["reasons"].is_array())
    for (const auto& reason : body["reasons"])
      if (reason.is_string()) std::fprintf(stderr, "  - %s\n", printable(reason.get<std::string>()).c_str());
  if (const std::string hint = member(body, "hint"); !hint.empty())
    std::fprintf(stderr, "  %s\n", hint.c_str());
  return std::unexpected(exit_code_of(response->status));
}

Ask::Answer Ask::get(const std::string& path, Duration time_out) const {
  return judge(client_.request("GET", path, {}, {}, time_out));
}

Ask::Answer Ask::post(const std::string& path, const std::string& body, const std::string& bearer,
                      Duration time_out) const {
  return judge(client_.request("POST", path, body, bearer, time_out));
}

}  // namespace standstill::app
