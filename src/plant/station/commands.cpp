#include "plant/station/commands.hpp"

#include <algorithm>
#include <utility>

#include "wire/estop/names.hpp"

namespace standstill::station {

namespace {

constexpr Duration for_the_way = 500ms;  // beyond what the station itself is given

std::string in_words(const std::string& device, const std::string& command) { return device + " " + command; }

}  // namespace

void CommandsOut::send(const std::string& station, const estop::CommandRequest& request, Instant now,
                       Done done) {
  estop::CommandResponse refused;
  refused.device_id = request.device_id;
  refused.command_name = request.command_name;
  const auto refuse = [&](estop::ErrorCode code, const std::string& why) {
    refused.error = estop::CommandError{code, why};
    do_.said("command_refused",
             "for " + station + ": " + in_words(request.device_id, request.command_name) + ": " + why);
    done(refused);
  };
  if (!open_) return refuse(estop::ErrorCode::command_failed, std::string(stopped_text));
  if (pending_.size() >= most_pending)
    return refuse(estop::ErrorCode::internal, "too many commands are under way");
  estop::Message message{do_.envelope(), request};
  message.envelope.correlation_id = message.envelope.id;
  message.envelope.reply_to = reply_to_;
  const auto text = estop::write_message(message);
  if (!text) return refuse(estop::ErrorCode::validation_failed, text.error());
  const std::string correlation = message.envelope.correlation_id;
  pending_[correlation] = {station,
                           request.device_id,
                           request.command_name,
                           now,
                           now + std::chrono::milliseconds(request.timeout_ms) + for_the_way,
                           std::move(done)};
  do_.said("command", "to " + station + ": " + in_words(request.device_id, request.command_name));
  do_.publish(estop::command_channel(station), *text);
}

void CommandsOut::response(const std::string& text, Instant now) {
  const auto message = estop::read_message(text);
  const auto* response = message ? std::get_if<estop::CommandResponse>(&message->payload) : nullptr;
  if (response == nullptr)
    return do_.said("response_refused", message ? "it is no response" : message.error());
  const auto one = pending_.find(message->envelope.correlation_id);
  if (one == pending_.end()) return;  // too late, or cancelled
  if (one->second.station != message->envelope.source.instance)
    return do_.said("response_refused", message->envelope.source.instance + " answers for " +
                                            one->second.station + ", which was asked");
  const Pending pending = std::move(one->second);
  pending_.erase(one);
  do_.said("response", pending.station + ": " + in_words(pending.device, pending.command) +
                           (response->error ? " failed: " + response->error->message : " done") + ", " +
                           std::to_string(to_ms(now - pending.sent)) + " ms");
  pending.done(*response);
}

void CommandsOut::finish(std::map<std::string, Pending>::iterator one, estop::ErrorCode code,
                         const std::string& why, Instant now) {
  const Pending pending = std::move(one->second);
  pending_.erase(one);
  estop::CommandResponse made;
  made.device_id = pending.device;
  made.command_name = pending.command;
  made.error = estop::CommandError{code, why};
  made.duration_ms = std::max<std::int64_t>(0, to_ms(now - pending.sent));
  do_.said("command_failed", pending.station + ": " + in_words(pending.device, pending.command) + ": " + why);
  pending.done(made);
}

void CommandsOut::open(bool open, Instant now) {
  open_ = open;
  while (!open_ && !pending_.empty())
    finish(pending_.begin(), estop::ErrorCode::command_failed,
           std::string(stopped_text) + ": whether it was carried out before is not known", now);
}

void CommandsOut::tick(Instant now) {
  for (auto one = pending_.begin(); one != pending_.end();) {
    const auto next = std::next(one);
    if (now >= one->second.until)
      finish(one, estop::ErrorCode::device_timeout,
             "the station has not answered in time; whether it was carried out is not known", now);
    one = next;
  }
}

bool CommandsIn::copy(const std::string& id) {
  if (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) return true;
  ids_[next_id_++ % ids_.size()] = id;
  return false;
}

void CommandsIn::request(const std::string& text, Instant now) {
  auto message = estop::read_message(text);
  auto* request = message ? std::get_if<estop::CommandRequest>(&message->payload) : nullptr;
  if (request == nullptr)  // nobody can be answered: where to is not known
    return do_.said("command_refused", message ? "it is no request" : message.error());
  if (copy(message->envelope.id)) return;
  Pending one{message->envelope, *request, now, now + std::chrono::milliseconds(request->timeout_ms)};
  const auto refuse = [&](estop::ErrorCode code, std::string_view why) {
    answer(one, {.error = estop::CommandError{code, std::string(why)}}, now);
  };
  if (!open_) return refuse(estop::ErrorCode::command_failed, stopped_text);
  if (pending_.size() >= most_pending)
    return refuse(estop::ErrorCode::internal, "too many commands are under way here");
  const Answer made = do_.carry_out(one.request);
  if (!made.under_way) return answer(one, made, now);
  pending_.push_back(std::move(one));
}

void CommandsIn::open(bool open, Instant now) {
  open_ = open;
  while (!open_ && !pending_.empty()) {
    const Pending one = std::move(pending_.front());
    pending_.pop_front();
    answer(one, {.error = estop::CommandError{estop::ErrorCode::command_failed, std::string(stopped_text)}},
           now);
  }
}

void CommandsIn::tick(Instant now) {
  for (auto at = pending_.begin(); at != pending_.end();) {
    const bool shown = do_.shows(at->request);
    if (!shown && now < at->until) {
      ++at;
      continue;
    }
    const Pending one = std::move(*at);
    at = pending_.erase(at);
    answer(one,
           shown ? Answer{.response = "done"}
                 : Answer{.error = estop::CommandError{estop::ErrorCode::device_timeout,
                                                       "the device has not shown it in time"}},
           now);
  }
}

void CommandsIn::answer(const Pending& to, const Answer& answer, Instant now) {
  estop::CommandResponse response;
  response.device_id = to.request.device_id;
  response.command_name = to.request.command_name;
  response.success = !answer.error;
  response.response = answer.response;
  response.error = answer.error;
  response.duration_ms = std::max<std::int64_t>(0, to_ms(now - to.began));
  ++(response.success ? done_ : failed_);
  do_.said(response.success ? "command" : "command_refused",
           in_words(to.request.device_id, to.request.command_name) + " from " + to.from.source.instance +
               (response.error ? ": " + response.error->message : ""));
  estop::Message message{do_.envelope(), std::move(response)};
  message.envelope.correlation_id = to.from.correlation_id;
  if (const auto written = estop::write_message(message)) do_.publish(to.from.reply_to, *written);
}

}  // namespace standstill::station
