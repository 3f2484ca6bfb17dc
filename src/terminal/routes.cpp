#include "terminal/routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace standstill::terminal {
namespace {

using nlohmann::json;

constexpr std::size_t longest_id = 128;
constexpr std::size_t most_reason = 200;

Answer as_answer(Outcome outcome) { return {.status = outcome.status, .body = std::move(outcome.body)}; }

std::string query(const Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string{} : found->second;
}

bool plain_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_id && id.front() != '.' &&
         id.find("..") == std::string_view::npos && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '_' || c == '-';
         });
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// A member of an optional JSON body; "" when absent. Sets `wrong` when the body or the member is not what it
// must be.
std::string text_member(const Request& request, const char* name, bool& wrong) {
  if (request.body.empty()) return {};
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return wrong = true, std::string{};
  const auto found = body.find(name);
  if (found == body.end()) return {};
  if (!found->is_string()) return wrong = true, std::string{};
  return found->get<std::string>();
}

Answer bad_body(const char* name, const char* example) {
  return problem(400, "the body must be JSON with a text '" + std::string(name) + "'", example);
}

Answer livez(Backend& backend, const Request&, const std::string&) {
  const bool alive = backend.alive();
  return {.status = alive ? 200 : 503,
          .body = alive ? "alive\n" : "the loop does not turn\n",
          .type = "text/plain"};
}

Answer readyz(Backend& backend, const Request&, const std::string&) {
  Answer answer;
  answer.type = "text/plain; charset=utf-8";
  for (const auto& line : backend.readiness()) {
    if (!line.ok) answer.status = 503;
    answer.body +=
        (line.ok ? "ok " : "not ready ") + line.name + (line.detail.empty() ? "" : ": " + line.detail) + "\n";
  }
  return answer;
}

Answer metrics(Backend& backend, const Request&, const std::string&) {
  return {.body = backend.metrics(), .type = "text/plain; version=0.0.4; charset=utf-8"};
}

template <Word word>
Answer say_word(Backend& backend, const Request& request, const std::string&) {
  const json body = json::parse(request.body, nullptr, false);
  const auto epoch = body.is_object() ? body.find("epoch") : body.end();
  if (!body.is_object() || epoch == body.end() || !epoch->is_number_unsigned())
    return problem(400, "'epoch' is missing or not a whole number",
                   "send {\"epoch\": N} with the number that GET /api/v1/state shows");
  return as_answer(backend.word(word, epoch->get<std::uint64_t>(), request.caller));
}

Answer journal(Backend& backend, const Request& request, const std::string&) {
  JournalQuery wanted{
      .since = query(request, "since"), .kind = query(request, "kind"), .epoch = {}, .after = {}};
  for (const char* name : {"epoch", "after", "limit"}) {
    const auto text = query(request, name);
    if (text.empty()) continue;
    const auto number = whole_number(text);
    const bool limit = std::string_view(name) == "limit";
    if (!number || (limit && (*number < 1 || *number > 10000)))
      return problem(400,
                     std::string("'") + name + "' is not a whole number" + (limit ? " from 1 to 10000" : ""),
                     "for example /api/v1/journal?epoch=3&limit=100");
    if (limit)
      wanted.limit = static_cast<std::uint32_t>(*number);
    else
      (std::string_view(name) == "epoch" ? wanted.epoch : wanted.after) = *number;
  }
  return as_answer(backend.journal(wanted));
}

Answer compare(Backend& backend, const Request& request, const std::string&) {
  const auto id = query(request, "snapshot");
  const auto other = query(request, "other");
  if (!plain_id(id) || (!other.empty() && !plain_id(other)))
    return problem(400, "'snapshot' must be the id of a snapshot, and so must 'other' when it is given",
                   "GET /api/v1/snapshots lists them; without 'other' the comparison is with the live plant");
  return as_answer(backend.compare(id, other));
}

Answer checklist(Backend& backend, const Request& request, const std::string&) {
  const auto id = query(request, "snapshot");
  if (!id.empty() && !plain_id(id))
    return problem(400, "'snapshot' must be the id of a snapshot", "GET /api/v1/snapshots lists them");
  return as_answer(backend.checklist(id));
}

Answer drill(Backend& backend, const Request& request, const std::string&) {
  bool wrong = false;
  const auto link = text_member(request, "link", wrong);
  if (wrong) return bad_body("link", "{\"link\": \"layout\"}, or no body for the first critical link");
  return as_answer(backend.drill(link, request.caller));
}

Answer prooftest(Backend& backend, const Request& request, const std::string&) {
  bool wrong = false;
  const auto output = text_member(request, "output", wrong);
  if (wrong) return bad_body("output", "{\"output\": \"track-power\"}, or no body for all outputs");
  return as_answer(backend.prooftest(output, request.caller));
}

Answer rehearse(Backend& backend, const Request& request, const std::string& id) {
  bool wrong = false;
  const auto command = text_member(request, "command", wrong);
  if (wrong || command.empty() || command.find('\n') != std::string::npos)
    return bad_body("command", "{\"command\": \"crash\"}; GET /api/v1/rehearsal lists them");
  return as_answer(backend.rehearse(id, command, request.caller));
}

Answer send(Backend& backend, const Request& request, const std::string& id) {
  bool wrong = false;
  const auto command = text_member(request, "command", wrong);
  if (wrong || command.empty()) return bad_body("command", "{\"command\": \"power off\"}");
  return as_answer(backend.send(id, command, request.caller));
}

// The value as it is typed, "13.25", or as a number.
Answer write_variable(Backend& backend, const Request& request, const std::string& id) {
  const json body = json::parse(request.body, nullptr, false);
  const auto cv = body.is_object() ? body.find("cv") : body.end();
  const auto value = body.is_object() ? body.find("value") : body.end();
  if (!body.is_object() || cv == body.end() || !cv->is_number_unsigned() || cv->get<std::uint64_t>() > 1024 ||
      value == body.end() || !(value->is_string() || value->is_number()))
    return problem(
        400, "'cv' must be the number of a variable, and 'value' what it becomes",
        "for example {\"cv\": 42, \"value\": 105}; GET of the engine lists them with their ranges");
  return as_answer(backend.write_variable(id, cv->get<std::uint32_t>(),
                                          value->is_string() ? value->get<std::string>() : value->dump(),
                                          request.caller));
}

Answer shelve(Backend& backend, const Request& request, const std::string& id) {
  const json body = json::parse(request.body, nullptr, false);
  ShelveRequest wanted{.source = id};
  if (body.is_object()) {
    if (const auto minutes = body.find("minutes"); minutes != body.end() && minutes->is_number_unsigned())
      wanted.minutes =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(minutes->get<std::uint64_t>(), 1'000'000));
    if (const auto reason = body.find("reason"); reason != body.end() && reason->is_string())
      wanted.reason = reason->get<std::string>();
    if (const auto out = body.find("out_of_service"); out != body.end() && out->is_boolean())
      wanted.out_of_service = out->get<bool>();
  }
  if (wanted.minutes == 0 || wanted.reason.empty() || wanted.reason.size() > most_reason)
    return problem(400, "'minutes' and 'reason' are both needed, the reason with at most 200 bytes",
                   "for example {\"minutes\": 60, \"reason\": \"the meter is being rewired\"}");
  return as_answer(backend.shelve(wanted, request.caller));
}

// Tells the table's shape apart from its content: a member function of Backend without arguments is a route
// as it is.
template <Outcome (Backend::*member)()>
Answer plain(Backend& backend, const Request&, const std::string&) {
  return as_answer((backend.*member)());
}

constexpr std::array routes{
    Route{"GET", "/livez", Access::anyone, Where::at_once, livez},
    Route{"GET", "/readyz", Access::anyone, Where::pool, readyz},
    Route{"GET", "/metrics", Access::anyone, Where::pool, metrics},
    Route{"GET", "/api/v1/state", Access::anyone, Where::pool, plain<&Backend::state>},
    Route{"POST", stop_path, Access::anyone, Where::at_once,
          [](Backend& backend, const Request& request, const std::string&) {
            return trip(backend, request, {});
          }},
    Route{"POST", "/api/v1/ack", Access::operator_, Where::pool, say_word<Word::ack>},
    Route{"POST", "/api/v1/reset", Access::operator_, Where::pool, say_word<Word::reset>},
    Route{"POST", "/api/v1/start", Access::operator_, Where::pool, say_word<Word::start>},
    Route{"POST", login_path, Access::anyone, Where::door, nullptr},
    Route{"POST", logout_path, Access::anyone, Where::door, nullptr},
    Route{"GET", session_path, Access::anyone, Where::door, nullptr},
    Route{"GET", events_path, Access::anyone, Where::door, nullptr},
    Route{"GET", "/api/v1/journal", Access::anyone, Where::pool, journal},
    Route{"GET", "/api/v1/snapshots", Access::anyone, Where::pool, plain<&Backend::snapshots>},
    Route{"POST", "/api/v1/snapshots", Access::local_or_operator, Where::pool,
          [](Backend& backend, const Request& request, const std::string&) {
            return as_answer(backend.take_snapshot(request.caller));
          }},
    Route{"GET", "/api/v1/snapshots/{id}", Access::anyone, Where::pool,
          [](Backend& backend, const Request&, const std::string& id) {
            return as_answer(backend.snapshot(id));
          }},
    Route{"GET", "/api/v1/compare", Access::anyone, Where::pool, compare},
    Route{"GET", "/api/v1/why", Access::anyone, Where::pool, plain<&Backend::why>},
    Route{"GET", "/api/v1/checklist", Access::anyone, Where::pool, checklist},
    Route{"GET", "/api/v1/visitors", Access::anyone, Where::pool, plain<&Backend::visitors>},
    Route{"GET", "/api/v1/trend", Access::anyone, Where::pool,
          [](Backend& backend, const Request& request, const std::string&) {
            return as_answer(backend.trend(query(request, "tag")));
          }},
    Route{"GET", "/api/v1/rehearsal", Access::anyone, Where::pool, plain<&Backend::rehearsal>},
    Route{"POST", "/api/v1/rehearsal/{id}", Access::local_or_operator, Where::pool, rehearse},
    Route{"POST", "/api/v1/alarms/{id}/shelve", Access::operator_, Where::pool, shelve},
    Route{"POST", "/api/v1/alarms/{id}/unshelve", Access::operator_, Where::pool,
          [](Backend& backend, const Request& request, const std::string& id) {
            return as_answer(backend.unshelve(id, request.caller));
          }},
    Route{"GET", "/api/v1/tags", Access::anyone, Where::pool, plain<&Backend::tags>},
    Route{"GET", "/api/v1/health", Access::anyone, Where::pool,
          [](Backend& backend, const Request& request, const std::string&) {
            const auto plant = query(request, "plant");
            return as_answer(backend.health(plant == "1" || plant == "true"));
          }},
    Route{"GET", "/api/v1/links", Access::anyone, Where::pool, plain<&Backend::links>},
    Route{"GET", "/api/v1/alerts", Access::anyone, Where::pool, plain<&Backend::alerts>},
    Route{"POST", "/api/v1/alerts/{id}/test", Access::local_or_operator, Where::pool,
          [](Backend& backend, const Request& request, const std::string& id) {
            return as_answer(backend.test_alert(id, request.caller));
          }},
    Route{"GET", "/api/v1/reports", Access::anyone, Where::pool, plain<&Backend::reports>},
    Route{"GET", "/api/v1/reports/{id}", Access::anyone, Where::pool,
          [](Backend& backend, const Request&, const std::string& id) {
            return as_answer(backend.report(id));
          }},
    Route{"POST", "/api/v1/drill", Access::local_or_operator, Where::pool, drill},
    Route{"POST", "/api/v1/prooftest", Access::local_or_operator, Where::pool, prooftest},
    Route{"GET", "/api/v1/engines/{id}", Access::anyone, Where::pool,
          [](Backend& backend, const Request&, const std::string& id) {
            return as_answer(backend.engine(id));
          }},
    Route{"POST", "/api/v1/engines/{id}/stop", Access::anyone, Where::pool,
          [](Backend& backend, const Request& request, const std::string& id) {
            return as_answer(backend.stop_engine(id, request.caller));
          }},
    Route{"POST", "/api/v1/engines/{id}/variables", Access::operator_, Where::pool, write_variable},
    Route{"POST", "/api/v1/links/{id}/send", Access::local_or_operator, Where::pool, send},
};

// The id when `path` has the shape of `pattern`; "" for a pattern without {id}.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
  const auto open = pattern.find("{id}");
  if (open == std::string_view::npos) return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const auto tail = pattern.substr(open + 4);
  if (path.size() <= open + tail.size() || path.substr(0, open) != pattern.substr(0, open) ||
      !path.ends_with(tail))
    return std::nullopt;
  const auto id = path.substr(open, path.size() - open - tail.size());
  return plain_id(id) ? std::optional<std::string>(id) : std::nullopt;
}

}  // namespace

std::variant<Match, Answer> find_route(const Request& request) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::set<std::string> allowed;
  for (const Route& route : routes) {
    auto id = match(route.path, request.path);
    if (!id) continue;
    if (route.method == method) return Match{&route, std::move(*id)};
    allowed.emplace(route.method);
    if (route.method == "GET") allowed.emplace("HEAD");
  }
  if (allowed.empty())
    return problem(404, "there is nothing at " + request.path, "docs/http.md lists every request");
  std::string list;
  for (const auto& name : allowed) list += (list.empty() ? "" : ", ") + name;
  Answer answer = problem(405, request.method + " is not a request for " + request.path, "use " + list);
  answer.headers.emplace_back("Allow", list);
  return answer;
}

Answer trip(Backend& backend, const Request& request, std::vector<std::string> warnings) {
  constexpr std::size_t longest_description = 400;
  constexpr std::size_t longest_initiator = 64;
  StopRequest stop;
  stop.caller = request.caller;
  stop.initiator = request.caller.peer;
  if (!request.body.empty()) {
    const json body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) warnings.emplace_back("the body is not a JSON object: it was ignored");
    const auto member = [&](const char* name, std::size_t longest) -> std::string {
      if (!body.is_object() || !body.contains(name)) return {};
      const auto& value = body.at(name);
      if (!value.is_string()) {
        warnings.push_back(std::string("'") + name + "' is not a text: it was ignored");
        return {};
      }
      auto text = value.get<std::string>();
      if (text.size() > longest) {
        warnings.push_back(std::string("'") + name + "' was cut after " + std::to_string(longest) + " bytes");
        text.resize(longest);
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.pop_back();
        if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) text.pop_back();
      }
      return text;
    };
    const auto reason = member("reason", 64);
    if (const auto code = cause_code(reason))
      stop.reason = *code;
    else if (!reason.empty())
      warnings.push_back("unknown reason '" + reason + "': taken as operator_command");
    stop.description = member("description", longest_description);
    if (const auto initiator = member("initiator", longest_initiator); !initiator.empty())
      stop.initiator = initiator;
  }
  stop.warnings = warnings;
  const Outcome outcome = backend.stop(stop);
  json body = json::parse(outcome.body, nullptr, false);
  if (!body.is_object()) body = json::object();
  body["warnings"] = warnings;
  return {.status = outcome.status, .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace standstill::terminal
