// Beside the chain: alarms that are put aside, what values did, visitors' texts, and simulated peers to
// break.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "supervise/backend.hpp"
#include "supervise/outcome.hpp"
#include "supervise/rehearsal.hpp"

namespace standstill::supervise {

using nlohmann::json;
using terminal::Outcome;

Outcome SupervisorBackend::trend(const std::string& link_dot_tag) {
  using Found = std::optional<link::Tag>;
  const auto tag = supervisor_.on_loop<Found>([this, &link_dot_tag]() -> Found {
    const auto id = supervisor_.tags().find(link_dot_tag);
    return id ? Found(supervisor_.tags().get(*id)) : std::nullopt;
  });
  if (!tag) return busy();
  if (!*tag)
    return problem(404, "there is no value '" + link_dot_tag + "'",
                   "GET /api/v1/tags names those there are (`standstill tags`), as LINK.NAME");
  json samples = json::array();
  for (const auto& one : supervisor_.trends().of((*tag)->link, (*tag)->name))
    samples.push_back({one.at_s, std::isnan(one.value) ? json(nullptr) : json(one.value)});
  return ok(json{{"tag", link_dot_tag}, {"unit", (*tag)->unit}, {"samples", samples}});
}

Outcome SupervisorBackend::rehearsal() {
  json peers = json::array();
  for (const auto& peer : supervisor_.config().terminal.rehearsal) {
    const auto help = tell_simulated_peer(peer.control, "help");
    peers.push_back({{"id", peer.id},
                     {"commands", help ? help->value("commands", json::array()) : json::array()},
                     {"error", help ? json(nullptr) : json(help.error())}});
  }
  return ok(json{{"peers", peers}});
}

Outcome SupervisorBackend::rehearse(const std::string& id, const std::string& command,
                                    const terminal::Caller& caller) {
  const auto& peers = supervisor_.config().terminal.rehearsal;
  const auto peer = std::ranges::find(peers, id, &config::RehearsalPeer::id);
  if (peer == peers.end())
    return problem(404, "there is no simulated peer '" + id + "'",
                   "GET /api/v1/rehearsal names those there are");
  supervisor_.journal("rehearsal", "told", id, command + " (by " + caller.who() + ")");
  const auto answer = tell_simulated_peer(peer->control, command);
  if (!answer) return problem(503, answer.error(), "start it again");
  if (!answer->value("ok", false))
    return problem(400, answer->value("error", "the simulated peer did not understand"),
                   "GET /api/v1/rehearsal lists what it can be told");
  return ok(*answer);
}

Outcome SupervisorBackend::shelve(const terminal::ShelveRequest& request, const terminal::Caller& caller) {
  const config::Config& config = supervisor_.config();
  const bool known =
      config.link(request.source) != nullptr || config.output(request.source) != nullptr ||
      std::ranges::any_of(config.watches, [&](const auto& one) { return one.id == request.source; });
  if (!known)
    return problem(404, "there is no link, watch or output '" + request.source + "'",
                   "GET /api/v1/state names those there are");
  const Duration wanted = std::chrono::minutes(request.minutes);
  if (wanted > longest_shelved(request.out_of_service))
    return problem(400, "'minutes' is more than a day, or out of service more than 30 days",
                   "name a time by which somebody looks again");
  const std::int64_t now = os::wall_ns();
  const std::int64_t until = now + wanted.count();
  const auto put = supervisor_.shelved().put({.source = request.source,
                                              .out_of_service = request.out_of_service,
                                              .at_wall_ns = now,
                                              .until_wall_ns = until,
                                              .who = caller.who(),
                                              .reason = request.reason});
  if (!put) return problem(503, put.error(), "look at the disk of state_dir");
  supervisor_.journal("alarm", request.out_of_service ? "out_of_service" : "shelved", request.source,
                      "by " + caller.who() + " until " + os::rfc3339(until) + ": " + request.reason);
  return ok(json{{"source", request.source}, {"until", os::rfc3339(until)}});
}

Outcome SupervisorBackend::unshelve(const std::string& source, const terminal::Caller& caller) {
  const auto back = supervisor_.shelved().take_back(source);
  if (!back) return problem(503, back.error(), "look at the disk of state_dir");
  if (!*back)
    return problem(404, "'" + source + "' is not put aside", "GET /api/v1/state names what is, as 'shelved'");
  supervisor_.journal("alarm", "taken_back", source, "by " + caller.who() + ": it is told again");
  return ok(json{{"source", source}});
}

Outcome SupervisorBackend::visitors() {
  const config::VisitorTexts& texts = supervisor_.config().terminal.visitors;
  json made = json::object();
  for (const auto& [state, text] :
       {std::pair{"running", &texts.running}, std::pair{"ready", &texts.ready},
        std::pair{"tripped", &texts.tripped}, std::pair{"unknown", &texts.unknown}})
    if (!text->empty()) made[state] = *text;
  return ok(made);
}

}  // namespace standstill::supervise
