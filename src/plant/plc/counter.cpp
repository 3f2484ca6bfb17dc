#include "plant/plc/counter.hpp"

#include <utility>

#include "plant/plc/values.hpp"

namespace standstill::plc {

Counter::Counter(Session& session, const s7::Address& address, Duration every,
                 std::function<void(const std::string& trouble)> told)
    : session_(session),
      address_(address),
      largest_(s7::largest_count(address).value_or(1)),
      every_(every),
      told_(std::move(told)),
      schedule_(Instant{}, every) {}

void Counter::online(Instant now) {
  schedule_ = Schedule(now, every_);
  writing_ = false;
}

void Counter::turn(Instant now) {
  if (now < schedule_.due()) return;
  schedule_.made(now);
  if (std::exchange(writing_, true)) return;
  value_ = value_ >= largest_ ? 1 : value_ + 1;
  write_value(
      session_, address_, {value_}, {.on_loss = OnLoss::fail, .idempotent = false, .give_up = never}, now,
      [this](const Outcome<bool>& outcome) {
        writing_ = false;
        if (outcome)
          told_({});
        else if (outcome.error().kind != Failure::unreachable && outcome.error().kind != Failure::uncertain)
          told_(outcome.error().text);
      });
}

}  // namespace standstill::plc
