// Who is told again, and who is told only now, because nobody has acknowledged a trip. Time is an argument.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::tell {

struct ReminderRule {
  std::string alert;    // its id
  Duration escalate{};  // first told after so long without an acknowledgement; zero: told at once, by others
  Duration remind{};    // then again, this often; zero: once
};

class Reminders {
 public:
  explicit Reminders(std::vector<ReminderRule> rules = {})
      : rules_(std::move(rules)), due_(rules_.size(), never) {}

  struct Due {
    std::string alert;
    Duration since{};  // how long nobody has acknowledged
  };
  // `unacknowledged`: the plant is tripped, and nobody has acknowledged `epoch`, or a later cause took that
  // back.
  [[nodiscard]] std::vector<Due> update(Instant now, std::uint64_t epoch, bool unacknowledged) {
    std::vector<Due> found;
    if (!unacknowledged || epoch != epoch_ || !waiting_) {
      waiting_ = unacknowledged;
      epoch_ = epoch;
      begun_ = now;
      for (std::size_t i = 0; i < rules_.size(); ++i) {
        const Duration first = rules_[i].escalate > Duration::zero() ? rules_[i].escalate : rules_[i].remind;
        due_[i] = unacknowledged && first > Duration::zero() ? now + first : never;
      }
      return found;
    }
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (now < due_[i]) continue;
      found.push_back({rules_[i].alert, now - begun_});
      due_[i] = rules_[i].remind > Duration::zero() ? now + rules_[i].remind : never;
    }
    return found;
  }

 private:
  std::vector<ReminderRule> rules_;
  std::vector<Instant> due_;
  std::uint64_t epoch_ = 0;
  Instant begun_{};
  bool waiting_ = false;
};

}  // namespace standstill::tell
