// latch.pml against the latch: "= state epoch acknowledged first-out-code first-out-present refusal".
#pragma once

#include "replay.hpp"

namespace standstill::model {

class LatchReplayer final : public Replayer {
  static constexpr std::size_t sources = 2;

  static Tested fresh() {
    Tested latch{2 * tick};
    latch.use(sources);
    return latch;
  }

  [[nodiscard]] bool runs() const override { return latch_.state() == LatchState::running; }

  [[nodiscard]] std::string stands() const override {
    std::ostringstream text;
    text << static_cast<int>(latch_.state()) << ' ' << latch_.epoch() << ' ' << latch_.acknowledged() << ' '
         << static_cast<int>(latch_.first_out().code) << ' ' << latch_.first_out().present << ' '
         << static_cast<int>(refusal_);
    return text.str();
  }

  [[nodiscard]] Cause cause(int code, int ticks_ago = 0) const {
    return {static_cast<CauseCode>(code), false, "source", "", now_ - ticks_ago * tick, 0};
  }

  bool apply(const std::string& event, std::istringstream& words) override {
    int a = 0, b = 0, c = 0, d = 0;
    words >> a >> b >> c >> d;
    refusal_ = Refusal::none;
    const auto source = static_cast<SourceIndex>(a);
    const auto epoch = static_cast<Epoch>(a);
    if (event == "tick") {
      now_ += tick;
    } else if (event == "report") {
      latch_.report(source, static_cast<Standing>(b), cause(c, d));
    } else if (event == "stop") {
      latch_.stop(source, cause(b));
    } else if (event == "forget") {
      latch_.forget(source);
    } else if (event == "ease") {
      latch_.ease();
    } else if (event == "acknowledge") {
      refusal_ = latch_.acknowledge(epoch);
    } else if (event == "reset") {
      refusal_ = latch_.reset(epoch, now_);
    } else if (event == "start") {
      refusal_ = latch_.start(epoch, now_, static_cast<Refusal>(b));
    } else if (event == "boot_nothing") {
      latch_ = fresh();
      latch_.boot(nullptr, now_, 0);
    } else if (event == "restart") {
      const LatchRecord record = latch_.record();
      latch_ = fresh();
      if (source < sources) latch_.report(source, Standing::present, cause(1));
      latch_.boot(&record, now_, 0);
    } else if (event == "restart_nothing") {
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
};

}  // namespace standstill::model
