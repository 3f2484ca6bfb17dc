// Commands on the bus: those to this machine, and on a controller those from it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "os/clock.hpp"
#include "supervise/bus_member.hpp"

namespace standstill::supervise {

using Answer = station::CommandsIn::Answer;

station::CommandDoer BusMember::command_doer() {
  return {.publish = [this](std::string_view channel, const std::string& text) { publish(channel, text); },
          .envelope = [this] { return envelope(); },
          .said = [this](std::string_view code, const std::string& detail) { said(code, detail); }};
}

void BusMember::make_commands() {
  station::CommandsIn::Doer in;
  static_cast<station::CommandDoer&>(in) = command_doer();
  in.carry_out = [this](const estop::CommandRequest& request) { return carry_out(request); };
  in.shows = [this](const estop::CommandRequest& request) { return shows(request); };
  commands_in_.emplace(std::move(in));
  if (std::holds_alternative<station::Controller>(role_))
    commands_out_.emplace(estop::response_channel(config_.bus->instance), command_doer());
}

// Before anything else is done with what was heard: a stop ends what is under way.
void BusMember::judge_commands(Instant now) {
  bool open = local_.known && local_.state == LatchState::running;
  if (const auto* role = std::get_if<station::Station>(&role_)) open = open && role->open();
  if (const auto* leader = std::get_if<station::Controller>(&role_))
    open = open && leader->leads() && !leader->stop_under_way(now);
  commands_in_->open(open, now);
  if (commands_out_) commands_out_->open(open, now);
}

// Format v1.0.0 has the requests in a stream, other makes publish them: both are read, and whatever comes by
// both is one. What is found in the stream on connecting was meant for another time (S4, S11); what comes in
// while stopped is read, refused, and not carried out later.
void BusMember::read_stream() {
  if (!stream_read_ || config_.bus->kind == "local") return;
  const std::string stream = estop::command_channel(config_.bus->instance);
  const auto take = [this](const resp::Value& value) {
    stream_asked_ = false;
    if (value.is_error()) {
      stream_read_ = false;
      return said("problem", "the stream of commands is not read (published ones are): " + value.text);
    }
    const bool first = stream_last_.empty();
    if (first) stream_last_ = "0-0";
    // An entry is [id, [field, value, field, value …]]; XREAD has them behind the stream's name.
    for (const auto& entry : !first && value.items.size() == 2 ? value.items[1].items : value.items) {
      if (entry.items.size() != 2 || !entry.items[0].is_text()) continue;
      stream_last_ = entry.items[0].text;
      if (first) continue;
      const auto& fields = entry.items[1].items;
      for (std::size_t i = 1; i < fields.size(); i += 2)
        if (fields[i].text.starts_with('{')) commands_in_->request(fields[i].text, os::now());
    }
  };
  if (std::exchange(stream_asked_, true)) return;
  if (stream_last_.empty())
    session_->ask({"XREVRANGE", stream, "+", "-", "COUNT", "1"}, take);
  else
    session_->ask({"XREAD", "COUNT", "16", "STREAMS", stream, stream_last_}, take);
  link_->send_now();
}

void BusMember::send(const std::string& station, const estop::CommandRequest& request,
                     station::CommandsOut::Done done) {
  if (commands_out_) return commands_out_->send(station, request, os::now(), std::move(done));
  estop::CommandResponse refused;
  refused.device_id = request.device_id;
  refused.command_name = request.command_name;
  refused.error = estop::CommandError{
      estop::ErrorCode::command_failed,
      "only a controller sends commands: ask on the machine whose [bus] has role = \"controller\""};
  done(refused);
}

bool BusMember::shows(const estop::CommandRequest& request) const {
  return std::any_of(local_.outputs.begin(), local_.outputs.end(), [&](const auto& output) {
    return output.id == request.device_id && output.run == (request.command_name == "run");
  });
}

Answer BusMember::carry_out(const estop::CommandRequest& request) const {
  const auto refused = [](estop::ErrorCode code, std::string why) {
    return Answer{.error = estop::CommandError{code, std::move(why)}};
  };
  if (const auto* output = config_.output(request.device_id)) {
    if (request.command_name != "run" && request.command_name != "safe")
      return refused(estop::ErrorCode::invalid_parameter, "an output knows the commands run and safe");
    if (!output->commandable)
      return refused(estop::ErrorCode::command_failed, "this output is not marked commandable = true");
    around_.command(output->id, request.command_name == "run");
    return {.under_way = true};
  }
  if (config_.link(request.device_id) == nullptr)
    return refused(estop::ErrorCode::device_not_found, "there is no output or link of this name here");
  const auto tag = request.parameters.find("tag");
  if (request.command_name != "read" || tag == request.parameters.end())
    return refused(estop::ErrorCode::invalid_parameter,
                   "a link knows the command read with the parameter tag");
  const auto id = around_.tags->find(request.device_id + "." + tag->second);
  if (!id) return refused(estop::ErrorCode::invalid_parameter, "this link has no such tag");
  const link::Tag& value = around_.tags->get(*id);
  if (value.quality != link::Quality::good)
    return refused(estop::ErrorCode::device_not_connected, "there is no good value of this tag now");
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.15g", value.value);
  return {.response = digits.data()};
}

}  // namespace standstill::supervise
