// Replays what the model of the latch (latch.pml) printed against the latch itself.
//
// A trace is pairs of lines: "> event numbers" and "= state epoch acknowledged first-out-code
// first-out-present refusal", numbers as in kernel/latch.hpp and kernel/cause.hpp. A tick is one second.
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
  Replay run(std::istream& trace) {
    std::string line;
    for (std::size_t number = 1; std::getline(trace, line); ++number) {
      std::istringstream words(line);
      std::string mark;
      words >> mark;
      if (mark == ">") {
        words >> event_;
        if (!apply(words)) return fails(number, line, "no such event");
        ++done_.events;
        ++done_.seen[event_];
      } else if (mark == "=") {
        std::string expected, found = state();
        std::getline(words >> std::ws, expected);
        if (expected != found)
          return fails(number, event_, "the model is at " + expected + ", the latch at " + found);
        if (latch_.state() == LatchState::running) ++done_.seen["running"];
      }
    }
    return done_;
  }

 private:
  static constexpr std::size_t sources = 2;
  static constexpr Duration tick = 1s;
  using Tested = Latch<8>;

  static Tested fresh() {
    Tested latch{2 * tick};
    latch.use(sources);
    return latch;
  }

  Replay fails(std::size_t line, const std::string& event, const std::string& why) {
    done_.difference = "line " + std::to_string(line) + ", " + event + ": " + why;
    return done_;
  }

  [[nodiscard]] std::string state() const {
    std::ostringstream text;
    text << static_cast<int>(latch_.state()) << ' ' << latch_.epoch() << ' ' << latch_.acknowledged() << ' '
         << static_cast<int>(latch_.first_out().code) << ' ' << latch_.first_out().present << ' '
         << static_cast<int>(refusal_);
    return text.str();
  }

  [[nodiscard]] Cause cause(int code, int ticks_ago = 0) const {
    return {static_cast<CauseCode>(code), false, "source", "", now_ - ticks_ago * tick, 0};
  }

  bool apply(std::istringstream& words) {
    int a = 0, b = 0, c = 0, d = 0;
    words >> a >> b >> c >> d;
    refusal_ = Refusal::none;
    const auto source = static_cast<SourceIndex>(a);
    const auto epoch = static_cast<Epoch>(a);
    if (event_ == "tick") {
      now_ += tick;
    } else if (event_ == "report") {
      latch_.report(source, static_cast<Standing>(b), cause(c, d));
    } else if (event_ == "stop") {
      latch_.stop(source, cause(b));
    } else if (event_ == "forget") {
      latch_.forget(source);
    } else if (event_ == "ease") {
      latch_.ease();
    } else if (event_ == "acknowledge") {
      refusal_ = latch_.acknowledge(epoch);
    } else if (event_ == "reset") {
      refusal_ = latch_.reset(epoch, now_);
    } else if (event_ == "start") {
      refusal_ = latch_.start(epoch, now_, static_cast<Refusal>(b));
    } else if (event_ == "boot_nothing") {
      latch_ = fresh();
      latch_.boot(nullptr, now_, 0);
    } else if (event_ == "restart") {
      const LatchRecord record = latch_.record();
      latch_ = fresh();
      if (source < sources) latch_.report(source, Standing::present, cause(1));
      latch_.boot(&record, now_, 0);
    } else if (event_ == "restart_nothing") {
      latch_ = fresh();
      latch_.boot(nullptr, now_, 0);
      latch_.raise_epoch(epoch);
    } else {
      return false;
    }
    return true;
  }

  Tested latch_ = fresh();
  Instant now_ = instant_from_ns(1'000'000'000'000);
  Refusal refusal_ = Refusal::none;
  std::string event_;
  Replay done_;
};

}  // namespace standstill::model
