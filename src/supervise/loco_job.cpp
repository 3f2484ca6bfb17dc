#include "supervise/loco_job.hpp"

#include "link/serial.hpp"
#include "os/clock.hpp"

namespace standstill::supervise {

namespace {

const config::LocoLink& engine_of(const config::Link& link) { return std::get<config::LocoLink>(link.peer); }

static_assert(config::engine_values.size() == engine::tag_names.size());
static_assert([] {
  for (std::size_t i = 0; i < engine::tag_names.size(); ++i)
    if (engine::tag_names[i].name != config::engine_values[i]) return false;
  return true;
}());

}  // namespace

LocoJob::LocoJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
                 Listener listener)
    : LinkJob(config, std::move(listener), [&](Listener& told) {
        return engine::Session({.link = config.id,
                                .tags = &tags,
                                .wall_ns = [] { return os::wall_ns(); },
                                .ask_every = engine_of(config).poll,
                                .variables = variable_numbers(),
                                .on_values = [&told] { told.tags(); },
                                .on_said = told.said});
      }) {
  link_up(loop,
          std::make_unique<link::SerialTransport>(
              loop, link::SerialTransport::Settings{{engine_of(config).device},
                                                    link::SerialFormat{.baud = engine_of(config).baud}}),
          timing_of(config), jitter_seed, listener_.changed);
}

std::expected<void, std::string> LocoJob::send(const std::string& command, bool) {
  if (command != "stop")
    return std::unexpected(
        "an engine takes `stop` from here; its variables are written on the operator's page");
  if (state() != link::State::online) return std::unexpected("the engine's line is not online");
  session_.stop();
  link_->send_now();
  return {};
}

EngineTold LocoJob::look(Instant now) {
  const bool online = state() == link::State::online;
  if (online) {
    session_.want_variables(now);
    link_->send_now();
  }
  return {.link = config().id,
          .line = state(),
          .heard = session_.last_heard(),
          .state = session_.state(),
          .frame = session_.frame(),
          .frame_at = session_.frame_at(),
          .tripped_at = session_.tripped_at(),
          .variables = session_.variables().values(),
          .log = session_.last_log()};
}

bool LocoJob::write_variable(std::uint32_t cv, std::string text, Instant now, engine::Variables::Done done) {
  if (!session_.write_variable(cv, std::move(text), now, std::move(done))) return false;
  link_->send_now();
  return true;
}

}  // namespace standstill::supervise
