// Makes guessing slow without ever locking an operator out: only the answer to a wrong secret is delayed; a
// correct one is accepted at once, however many wrong ones came before. Used by one thread; time is an
// argument.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "kernel/time.hpp"

namespace standstill::terminal {

class FailedLogins {
 public:
  // How long to hold back the answer to a failure of this name from this peer: 200 ms, doubling to 5 s. A
  // minute without a failure forgets.
  [[nodiscard]] Duration failed(const std::string& name, const std::string& peer, Instant now) {
    std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.last > memory; });
    // Names are the attacker's to choose: when there are too many, each of them gets the longest delay.
    const auto key = peer + "\n" + name;
    if (entries_.size() >= most_entries && !entries_.contains(key)) return longest;
    Entry& entry = entries_[key];
    entry.last = now;
    const Duration delay = first * (1U << std::min(entry.count, 5U));
    ++entry.count;
    return std::min<Duration>(delay, longest);
  }
  void succeeded(const std::string& name, const std::string& peer) { entries_.erase(peer + "\n" + name); }

 private:
  static constexpr Duration first = 200ms;
  static constexpr Duration longest = 5s;
  static constexpr Duration memory = 60s;
  static constexpr std::size_t most_entries = 1024;
  struct Entry {
    unsigned count = 0;
    Instant last{};
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace standstill::terminal
