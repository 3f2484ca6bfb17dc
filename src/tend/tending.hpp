// Looks after a program of somebody else: checks it, counts failures, restarts it, but not for ever.
//
// Time is an argument; what touches the world (running a program, looking for a device, saying something) is
// handed in. It is no part of safety: it keeps data coming, and nothing on the chain waits for it.
//
//   a check fails `failures` times in a row → restart, at most `most_an_hour` of them within any hour; beyond
//   that it holds, says so once, and goes on checking.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::tend {

struct TendingSettings {
  std::vector<std::string> check;    // absolute path and arguments; exit code 0 is healthy; empty: none
  std::vector<std::string> devices;  // each of these paths must exist: the USB adapter
  std::vector<std::string> restart;  // absolute path and arguments
  Duration interval = 30s;           // from the end of one check to the next
  unsigned failures = 3;             // in a row
  unsigned most_an_hour = 4;
};

struct Surroundings {
  // Why not, as a sentence.
  std::function<std::expected<void, std::string>(const std::vector<std::string>& command)> run;
  std::function<bool(const std::string& path)> exists;
  // `code`: "check_failed", "healthy", "restarted", "restart_failed", "restart_held"; `detail` a sentence.
  std::function<void(std::string_view code, const std::string& detail)> say;
};

class Tending {
 public:
  Tending(TendingSettings settings, Surroundings around, Instant now)
      : settings_(std::move(settings)), around_(std::move(around)), due_(now) {}

  [[nodiscard]] Instant due() const { return due_; }  // the next check
  // Checks, and acts on it. Takes as long as the programs do; `clock` is asked again after them.
  void look(const std::function<Instant()>& clock);

 private:
  [[nodiscard]] std::string problem() const;  // of all checks; empty: healthy
  void failed(const std::string& why, Instant now);
  void restart(Instant now);

  TendingSettings settings_;
  Surroundings around_;
  Instant due_;
  unsigned failed_ = 0;           // in a row
  std::deque<Instant> restarts_;  // within the last hour
  bool holding_ = false;          // said
  bool ailing_ = false;           // said, and not healthy since
};

}  // namespace standstill::tend
