// An engine as the HTTP interface has it: looked at by anybody, stopped by anybody, set up by an operator
// while it is tripped.
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "os/clock.hpp"
#include "supervise/backend.hpp"
#include "supervise/loco_job.hpp"
#include "supervise/outcome.hpp"

namespace standstill::supervise {

using nlohmann::json;
using terminal::Outcome;

namespace {

// A write and its reading back, each with the engine's own time to answer, and a turn of the loop.
constexpr auto write_within = std::chrono::milliseconds(to_ms(2 * engine::Variables::answer_within) + 1500);

Outcome no_engine(const std::string& link) {
  return problem(404, "there is no link '" + link + "' of kind loco",
                 "GET /api/v1/links names those there are");
}

Outcome refused(const std::string& why) {
  return {409, record::dump(json{{"error", "refused"}, {"reasons", {why}}})};
}

LocoJob* engine_of(Supervisor& supervisor, const std::string& link) {
  Job* const job = supervisor.job(link);
  return job == nullptr || job->config().id != link ? nullptr : job->engine();
}

}  // namespace

Outcome SupervisorBackend::engine(const std::string& link) {
  using Seen = std::optional<EngineTold>;
  const auto seen = supervisor_.on_loop<Seen>([this, link]() -> Seen {
    LocoJob* const engine = engine_of(supervisor_, link);
    return engine == nullptr ? Seen{} : engine->look(os::now());
  });
  if (!seen) return busy();
  if (!*seen) return no_engine(link);
  return ok((*seen)->json(os::now()));
}

// Only makes it less alive, so that it is asked of nobody who he is.
Outcome SupervisorBackend::stop_engine(const std::string& link, const terminal::Caller& caller) {
  using Sent = std::optional<std::string>;  // why not; "": it was sent; nothing: no such engine
  const auto sent = supervisor_.on_loop<Sent>([this, link]() -> Sent {
    LocoJob* const engine = engine_of(supervisor_, link);
    if (engine == nullptr) return {};
    const auto done = engine->send("stop", supervisor_.running());
    return done ? "" : done.error();
  });
  if (!sent) return busy();
  if (!*sent) return no_engine(link);
  supervisor_.journal("command", (*sent)->empty() ? "sent" : "refused", link,
                      "stop (by " + caller.who() + ")" + ((*sent)->empty() ? "" : ": " + **sent));
  if (!(*sent)->empty()) return refused(**sent + ": use the stop of the plant, or the red button");
  return ok(json{{"sent", "stop"}});
}

Outcome SupervisorBackend::write_variable(const std::string& link, std::uint32_t cv, const std::string& value,
                                          const terminal::Caller& caller) {
  const auto text = variable_text(cv, value);
  // One at a time: the pool's other thread stays free for everybody else.
  const std::unique_lock turn(variable_, std::try_to_lock);
  if (!turn) return problem(503, "another variable is being written", "send it again");
  using Said = std::expected<std::string, std::string>;
  auto promise = std::make_shared<std::promise<Said>>();
  auto answer = promise->get_future();
  using Begun = std::optional<std::string>;  // why not; "": it is under way; nothing: no such engine
  const auto begun = supervisor_.on_loop<Begun>([this, link, cv, text, promise]() -> Begun {
    LocoJob* const engine = engine_of(supervisor_, link);
    if (engine == nullptr) return {};
    if (const auto why = engine->look(os::now()).refusal(os::now())) return why;
    if (!text) return "";  // told below, with its own status
    const bool taken = engine->write_variable(cv, *text, os::now(),
                                              [promise](const Said& said) { promise->set_value(said); });
    return taken ? "" : "another variable is being written";
  });
  if (!begun) return busy();
  if (!*begun) return no_engine(link);
  const std::string what =
      "CV" + std::to_string(cv) + "=" + (text ? *text : value) + " (by " + caller.who() + ")";
  const auto not_done = [&](const std::string& why) {
    supervisor_.journal("variable", "refused", link, what + ": " + why);
  };
  if (!(*begun)->empty()) {
    not_done(**begun);
    return refused(**begun);
  }
  if (!text) {
    not_done(text.error());
    return problem(400, text.error(), "docs/configuration-variables.md has the range of each");
  }
  if (answer.wait_for(write_within) != std::future_status::ready) {
    not_done("nothing was heard of it");
    return problem(503, "the engine did not answer: whether it took the value is not known",
                   "look at its variables again");
  }
  const Said said = answer.get();
  if (!said) {
    not_done(said.error());
    return refused(said.error());
  }
  supervisor_.journal("variable", "written", link, *said + " (by " + caller.who() + ")");
  return ok(json{{"link", link}, {"cv", cv}, {"value", *text}, {"answer", *said}});
}

}  // namespace standstill::supervise
