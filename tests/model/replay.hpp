// Replays what a model printed against the kernel's own code. A trace is lines "> event numbers", each
// followed by what the model holds to be so after it: "= numbers". Numbers are as in kernel/latch.hpp and
// kernel/cause.hpp. A tick is one second.
#pragma once

#include <istream>
#include <map>
#include <sstream>
#include <string>

#include "kernel/latch.hpp"

namespace standstill::model {

struct Replay {
  std::size_t events = 0;
  std::map<std::string, std::size_t> seen;  // by event, and "running" for how often it got there
  std::string difference;                   // empty: the latch did what the model did
};

class Replayer {
 public:
  virtual ~Replayer() = default;

  Replay run(std::istream& trace) {
    std::string line;
    for (std::size_t number = 1; std::getline(trace, line); ++number) {
      std::istringstream words(line);
      std::string mark;
      words >> mark;
      if (mark == ">") {
        words >> event_;
        difference_.clear();
        if (!apply(event_, words)) return fails(number, line, "no such event");
        if (!difference_.empty()) return fails(number, line, difference_);
        ++done_.events;
        ++done_.seen[event_];
      } else if (mark == "=") {
        std::string expected, found = stands();
        std::getline(words >> std::ws, expected);
        if (expected != found)
          return fails(number, event_, "the model is at " + expected + ", the kernel at " + found);
        if (runs()) ++done_.seen["running"];
      }
    }
    return done_;
  }

 protected:
  static constexpr Duration tick = 1s;
  using Tested = Latch<8>;

  // False: no such event.
  virtual bool apply(const std::string& event, std::istringstream& words) = 0;
  [[nodiscard]] virtual std::string stands() const = 0;
  [[nodiscard]] virtual bool runs() const = 0;
  void differs(const std::string& how) { difference_ = how; }
  void counted(const std::string& what) { ++done_.seen[what]; }

 private:
  Replay fails(std::size_t line, const std::string& event, const std::string& why) {
    done_.difference = "line " + std::to_string(line) + ", " + event + ": " + why;
    return done_;
  }

  std::string event_, difference_;
  Replay done_;
};

}  // namespace standstill::model
