// Tending (tending.hpp) in a thread of its own, with real programs and devices.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tell/background_thread.hpp"
#include "tell/wake.hpp"
#include "tend/tending.hpp"

namespace standstill::tend {

class Watchdog {
 public:
  // Called from the thread; see Surroundings::say.
  using Said = std::function<void(std::string_view code, const std::string& detail)>;

  // `time_out`: of one program.
  Watchdog(TendingSettings settings, Duration time_out, Said said);
  void ask_to_end() { wake_.end(); }  // never waits; a program that runs is ended early
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void run();

  TendingSettings settings_;
  Duration time_out_;
  Said said_;
  tell::Wake wake_;
  tell::BackgroundThread thread_;
};

}  // namespace standstill::tend
