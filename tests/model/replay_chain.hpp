// chain.pml against the parts of the kernel that guard, supervisor and cutters are made of: latch, permit,
// and each one's judgement of its own gap. "= state acknowledged refusal permit-heard permit-fresh".
//
// Whether a start has a permit, whether a permit extends the time and whether a process stood still is the
// kernel's to say here, not the trace's; the trace says what the model held.
#pragma once

#include <array>

#include "kernel/permit.hpp"
#include "replay.hpp"

namespace standstill::model {

class ChainReplayer final : public Replayer {
  static constexpr std::size_t sources = 5;
  static constexpr SourceIndex inside = 0;
  static constexpr std::size_t supervisor = 0, guard = 1;  // processes; 2 and 3 are the cutters
  static constexpr std::uint64_t plan = 7;
  static constexpr int ahead = 3;  // an epoch that is not there yet, as the model counts

  static Tested fresh() {
    Tested latch{tick};
    latch.use(sources);
    return latch;
  }

  [[nodiscard]] bool runs() const override { return latch_.state() == LatchState::running; }

  [[nodiscard]] std::string stands() const override {
    std::ostringstream text;
    text << static_cast<int>(latch_.state()) << ' ' << latch_.acknowledged() << ' '
         << static_cast<int>(refusal_) << ' ' << permits_.heard() << ' ' << permits_.fresh(now_);
    return text.str();
  }

  [[nodiscard]] Cause cause(int code) const {
    return {static_cast<CauseCode>(code), false, "source", "", now_, 0};
  }

  // The model counts epochs by how far they lie behind.
  [[nodiscard]] Epoch epoch(int behind) const {
    return behind >= ahead ? latch_.epoch() + 1 : latch_.epoch() - static_cast<Epoch>(behind);
  }

  void begins(std::size_t process) {
    gaps_.at(process) = LoopGap(process == supervisor ? permits_.timeout() : heartbeat_);
    gaps_[process].turn(now_);
  }

  void begin(Duration permit, Duration heartbeat) {
    permits_ = PermitJudge(permit, plan);
    heartbeat_ = heartbeat;
    for (std::size_t i = 0; i < gaps_.size(); ++i) begins(i);
    boot(nullptr);
    disk_ = latch_.record();
  }

  void boot(const LatchRecord* record) {
    latch_ = fresh();
    latch_.boot(record, now_, 0);
    latch_.report(inside, Standing::clear, cause(0));
    begins(guard);
  }

  void permit(int age, bool taken) {
    const Instant sent = now_ - age * tick;
    const auto sequence = static_cast<std::uint64_t>((sent - began) / tick);
    if (permits_.accept({sequence, sent, plan}, now_) != taken)
      differs(taken ? "the kernel refuses it" : "the kernel takes it");
    else
      counted(taken ? "permit taken" : "permit refused");
  }

  void turn(std::size_t process, bool stood_still) {
    if ((gaps_.at(process).turn(now_) != Duration::zero()) != stood_still)
      differs(stood_still ? "the kernel sees no gap" : "the kernel sees a gap");
    else if (stood_still)
      counted("gap");
  }

  bool apply(const std::string& event, std::istringstream& words) override {
    int a = 0, b = 0, c = 0;
    words >> a >> b >> c;
    refusal_ = Refusal::none;
    if (event == "tick") {
      now_ += tick;
    } else if (event == "turn") {
      turn(static_cast<std::size_t>(a), b != 0);
    } else if (event == "begins") {
      begins(static_cast<std::size_t>(a));
    } else if (event == "permit") {
      permit(a, b != 0);
    } else if (event == "connection") {
      permits_.new_connection();
    } else if (event == "report") {
      latch_.report(static_cast<SourceIndex>(a), static_cast<Standing>(b), cause(c));
    } else if (event == "stop") {
      latch_.stop(static_cast<SourceIndex>(a), cause(b));
    } else if (event == "forget") {
      latch_.forget(static_cast<SourceIndex>(a));
    } else if (event == "ease") {
      latch_.ease();
    } else if (event == "acknowledge") {
      refusal_ = latch_.acknowledge(epoch(a));
    } else if (event == "reset") {
      refusal_ = latch_.reset(epoch(a), now_);
    } else if (event == "start") {
      refusal_ = latch_.start(epoch(a), now_, permits_.fresh(now_) ? Refusal::none : Refusal::no_permit);
    } else if (event == "written") {
      disk_ = latch_.record();
    } else if (event == "guard_dies") {
      permits_ = PermitJudge(permits_.timeout(), plan);
    } else if (event == "boot") {
      boot(&disk_);
    } else if (event == "boot_nothing") {
      begin(a * tick, b * tick);
    } else if (event == "raise_epoch") {
      latch_.raise_epoch(latch_.epoch());
    } else {
      return false;
    }
    return true;
  }

  static constexpr Instant began = instant_from_ns(1'000'000'000'000);
  Instant now_ = began + 100 * tick;
  Tested latch_ = fresh();
  LatchRecord disk_{};
  PermitJudge permits_{tick, plan};
  Duration heartbeat_ = tick;
  std::array<LoopGap, 4> gaps_{LoopGap(tick), LoopGap(tick), LoopGap(tick), LoopGap(tick)};
  Refusal refusal_ = Refusal::none;
};

}  // namespace standstill::model
