// What every value did in the last hour, for whoever opens the page now. One writer (the loop), any readers.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/time.hpp"
#include "link/tags.hpp"

namespace standstill::supervise {

class Trends {
 public:
  static constexpr Duration every = std::chrono::seconds(2);
  static constexpr std::size_t most_samples = 1800;  // an hour
  static constexpr std::size_t most_tags = 256;      // 4 MB; what comes later has no history

  struct Sample {
    double at_s = 0;   // since 1970
    double value = 0;  // NaN: it was not good since the sample before, if only for a moment
  };

  // To be called often: takes a sample when it is time for one, and notes what is not good between them.
  void look(const std::vector<link::Tag>& tags, Instant now, std::int64_t wall_ns);
  // Oldest first; empty for a tag that has no history.
  [[nodiscard]] std::vector<Sample> of(std::string_view link, std::string_view name) const;
  struct Course {
    std::string link, name;
    std::vector<Sample> samples;  // oldest first
  };
  // Of every tag that was known at least once in the last `length`: copies, a sample every two seconds, the
  // first of them from when it began.
  [[nodiscard]] std::vector<Course> newest(Duration length) const;

 private:
  struct Line {
    std::string link, name;
    std::vector<double> values;  // beside times_; NaN where it was not there yet
  };
  mutable std::mutex mutex_;
  std::vector<double> times_;  // a ring, as every line's values are
  std::vector<Line> lines_;
  std::vector<bool> unknown_;  // since the last sample
  std::size_t next_ = 0;
  Instant taken_{};
  bool any_ = false;
};

}  // namespace standstill::supervise
