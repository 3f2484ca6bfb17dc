// A counter in the PLC that is counted up from here, so that the PLC's program can tell when that stops.
//
// From 1 to the largest value of its type, then 1 again: 0 is what it holds before anybody has counted. It is
// written by the loop that turns the session and by nothing else: a loop that hangs counts no more.
#pragma once

#include <functional>
#include <string>

#include "plant/plc/schedule.hpp"
#include "plant/plc/session.hpp"

namespace standstill::plc {

class Counter {
 public:
  // `address`: a single whole number (s7::largest_count). `told`: what became of a write, empty when it was
  // done; not called when the connection ended, which the session's owner knows.
  Counter(Session& session, const s7::Address& address, Duration every,
          std::function<void(const std::string& trouble)> told);

  void online(Instant now);  // a connection stands: due at once
  [[nodiscard]] Instant due() const { return schedule_.due(); }
  // Counts and writes when it is due; one write at a time, so that a slow PLC gets no queue of old ones.
  void turn(Instant now);
  [[nodiscard]] std::uint64_t value() const { return value_; }  // written last, or being written

 private:
  Session& session_;
  const s7::Address address_;
  const std::uint64_t largest_;
  const Duration every_;
  std::function<void(const std::string&)> told_;
  Schedule schedule_;
  std::uint64_t value_ = 0;
  bool writing_ = false;
};

}  // namespace standstill::plc
