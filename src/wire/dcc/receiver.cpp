#include "wire/dcc/receiver.hpp"

namespace standstill::dcc {

Action Receiver::take(const Packet& packet, Instant now) {
  const bool in_mode = (service_ || after_reset_) && now - service_at_ <= service_lasts;
  last_packet_ = now;
  if (in_mode) {
    if (const Command command = decode_service(packet); command.kind == CommandKind::cv)
      return service(packet, now);
  }
  const Command command = decode(packet, identity_.few_steps);
  if (command.kind == CommandKind::reset) {
    // It also stands for "forget what you were told": stop, at once.
    service_ = service_ && in_mode;
    after_reset_ = true;
    service_at_ = now;
    once_ = {};
    functions_ = 0;
    Action action;
    action.kind = service_ ? Action::Kind::none : Action::Kind::emergency_stop;
    return action;
  }
  after_reset_ = false;
  service_ = false;
  if (!is_mine(command)) return {};
  if (command.audience != Audience::everybody) last_own_ = now;
  return own(packet, command);
}

Action Receiver::service(const Packet& packet, Instant now) {
  service_ = true;
  service_at_ = now;
  if (!(packet == once_)) {
    once_ = packet;
    acted_ = false;
    return {};
  }
  if (acted_) return {};  // stations repeat it five times and more; it is one order
  acted_ = true;
  Action action;
  action.kind = Action::Kind::service_cv;
  action.cv = decode_service(packet).cv;
  return action;
}

Action Receiver::own(const Packet& packet, const Command& command) {
  Action action;
  const bool again = packet == once_;
  if (command.kind != CommandKind::cv) once_ = {};
  switch (command.kind) {
    case CommandKind::speed:
      action.kind = command.emergency ? Action::Kind::emergency_stop : Action::Kind::speed;
      action.step = command.step;
      action.steps = command.steps;
      action.forward = command.forward != identity_.reversed;
      return action;
    case CommandKind::function:
      functions_ = (functions_ & ~command.group) | command.functions;
      action.kind = Action::Kind::functions;
      return action;
    case CommandKind::cv:
      if (!again) {
        once_ = packet;
        acted_ = false;
        return {};
      }
      if (acted_) return {};
      acted_ = true;
      action.kind = Action::Kind::cv;
      action.cv = command.cv;
      return action;
    default:
      return {};
  }
}

bool Receiver::is_mine(const Command& command) const {
  switch (command.audience) {
    case Audience::everybody:
      // A CV is written to one decoder: to everybody at once it would give a whole fleet one address.
      return command.kind != CommandKind::cv;
    case Audience::short_address:
      return !identity_.long_address && command.address == identity_.address;
    case Audience::long_address:
      return identity_.long_address && command.address == identity_.address;
    default:
      return false;
  }
}

}  // namespace standstill::dcc
