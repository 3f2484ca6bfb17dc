#include "tend/tending.hpp"

#include <utility>

namespace standstill::tend {

namespace {
constexpr Duration an_hour = 3600s;
}  // namespace

std::string Tending::problem() const {
  std::string found;
  const auto add = [&found](const std::string& what) { found += (found.empty() ? "" : "; ") + what; };
  for (const auto& device : settings_.devices)
    if (!around_.exists(device)) add(device + " is not there");
  if (!settings_.check.empty())
    if (const auto fine = around_.run(settings_.check); !fine)
      add(settings_.check.front() + ": " + fine.error());
  return found;
}

void Tending::look(const std::function<Instant()>& clock) {
  const std::string why = problem();
  if (!why.empty()) {
    failed(why, clock());
  } else {
    failed_ = 0;
    holding_ = false;
    if (std::exchange(ailing_, false)) around_.say("healthy", "its checks pass again");
  }
  due_ = clock() + settings_.interval;
}

void Tending::failed(const std::string& why, Instant now) {
  ailing_ = true;
  if (failed_ < settings_.failures) {
    ++failed_;
    around_.say("check_failed", "failure " + std::to_string(failed_) + " of " +
                                    std::to_string(settings_.failures) + ": " + why);
  }
  if (failed_ < settings_.failures) return;
  while (!restarts_.empty() && now - restarts_.front() >= an_hour) restarts_.pop_front();
  if (restarts_.size() < settings_.most_an_hour) return restart(now);
  if (std::exchange(holding_, true)) return;
  around_.say("restart_held", std::to_string(settings_.most_an_hour) +
                                  " restarts within an hour did not help: the next one follows in " +
                                  std::to_string(to_ms(restarts_.front() + an_hour - now) / 60'000 + 1) +
                                  " min; somebody should look: " + why);
}

void Tending::restart(Instant now) {
  // Counted before it is known what comes of it: one that hangs costs as much.
  restarts_.push_back(now);
  failed_ = 0;
  holding_ = false;
  const auto done = around_.run(settings_.restart);
  if (done)
    around_.say("restarted", settings_.restart.front() + " was run, " + std::to_string(restarts_.size()) +
                                 " of " + std::to_string(settings_.most_an_hour) + " within this hour");
  else
    around_.say("restart_failed", settings_.restart.front() + ": " + done.error());
}

}  // namespace standstill::tend
