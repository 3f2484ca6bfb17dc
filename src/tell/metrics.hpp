// The numbers as Prometheus reads them (text exposition format 0.0.4): prefix standstill_, base units.
//
// Only prometheus-cpp's plain MetricFamily and its TextSerializer are used (escaping, NaN, number format):
// our numbers already live in the published state, so a registry would be a second copy that could disagree.
// The library is 137 kB of shared code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/time.hpp"
#include "tell/alert.hpp"
#include "tell/publisher_status.hpp"

namespace standstill::tell {

// Counts how long the way to the safe state took, by stage of the way: "detected", "commanded", "confirmed",
// or the configured stage's number. Fixed buckets from 0.5 ms to 10 s. Not thread-safe: owned by whoever
// publishes the state.
class StageTimes {
 public:
  void observe(std::string_view stage, Duration length);

  struct Series {
    std::string stage;
    std::vector<std::uint64_t> at_most;  // cumulative, one a bucket of bounds()
    std::uint64_t count = 0;
    double sum_seconds = 0.0;
  };
  [[nodiscard]] const std::vector<Series>& all() const { return series_; }
  [[nodiscard]] static const std::vector<double>& bounds();  // seconds

 private:
  std::vector<Series> series_ = {};
};

struct MetricsInput {
  std::string version = {};
  std::string state = {};  // "tripped", "ready", "running"
  std::uint64_t epoch = 0;
  bool acknowledged = false;
  std::uint64_t trips = 0;  // since the installation: the epoch only grows at a trip
  Duration permit_age{-1};  // negative: no guard answers
  bool guard_alive = false;
  Duration loop_longest_turn{};  // since the last time it was taken
  std::uint64_t loop_overruns = 0;

  struct Link {
    std::string id;
    std::string kind;
    std::string state;  // a word of chain.md
    std::uint64_t disconnects = 0;
    Duration outage{};
    Duration rtt{-1};             // negative: unknown
    Duration last_heard_age{-1};  // negative: never
    std::uint64_t dials = 0;
    std::vector<std::pair<std::string, std::uint64_t>> faults = {};  // by kind
  };
  std::vector<Link> links = {};

  struct Output {
    std::string id;
    bool safe = true;      // commanded
    std::string readback;  // "confirmed", "unconfirmed", "failed", "none"
  };
  std::vector<Output> outputs = {};

  std::vector<StageTimes::Series> stages = {};
  std::vector<AlertStatus> alerts = {};
  std::vector<PublisherStatus> publishers = {};

  bool journal_ok = true;
  std::uint64_t journal_events = 0;  // written since start
  std::uint64_t journal_lost = 0;
  std::uint64_t snapshots = 0;  // written since start
};

[[nodiscard]] std::string metrics_text(const MetricsInput& input);

}  // namespace standstill::tell
