// Random lives of a latch, lived twice: by the latch and by a naive model of the rules.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

#include "kernel/latch.hpp"
#include "unit/kernel/latch_model.hpp"

namespace standstill {
namespace {

constexpr int sources = 4;
constexpr Duration settle = 2s;
using Tested = Latch<8>;

enum Kind {
  report,
  stop,
  forget,
  ease,
  acknowledge,
  reset,
  start,
  wait,
  restart,
  raise_epoch,
  release,
  kinds
};
struct Step {
  int kind, source, standing, code, number;
};
std::ostream& operator<<(std::ostream& out, const Step& step) {
  static constexpr std::array<const char*, kinds> names{"report",      "stop",        "forget", "ease",
                                                        "acknowledge", "reset",       "start",  "wait",
                                                        "restart",     "raise_epoch", "release"};
  return out << names[static_cast<std::size_t>(step.kind)] << "(source " << step.source << ", standing "
             << step.standing << ", code " << step.code << ", " << step.number << ")";
}

rc::Gen<Step> any_step() {
  using rc::gen::inRange;
  const auto kind = rc::gen::weightedElement<int>({{12, report},
                                                   {3, stop},
                                                   {2, forget},
                                                   {2, ease},
                                                   {4, acknowledge},
                                                   {4, reset},
                                                   {4, start},
                                                   {6, wait},
                                                   {1, restart},
                                                   {1, raise_epoch},
                                                   {5, release}});
  return rc::gen::construct<Step>(kind, inRange(0, sources), inRange(0, 4), inRange(1, 20), inRange(0, 12));
}

struct Twins {
  Tested latch{settle};
  test::LatchModel model{sources, settle};
  Instant time = instant_from_ns(1'000'000'000'000);

  Twins() { latch.use(sources); }

  Cause cause(const Step& step, CauseCode code) const {
    return {code, false, "source", "", time + Duration(step.source), 0};
  }

  void tell(const Step& step, Standing standing) {
    const auto code = standing == Standing::present ? static_cast<CauseCode>(step.code) : CauseCode::none;
    const bool tripped = latch.report(static_cast<SourceIndex>(step.source), standing, cause(step, code));
    RC_ASSERT(tripped == model.report({step.source, standing, code, time + Duration(step.source)}));
  }

  // The next guard: what it is born with is the record alone, or none, and what it sees before it reads it.
  void restart_with(const Step& step) {
    const LatchRecord record = latch.record();
    const bool lost = step.number == 0;
    const Epoch before = latch.epoch();
    time += std::chrono::milliseconds(1 + 400 * step.number);
    latch = Tested{settle};
    latch.use(sources);
    model.facts.clear();
    model.state = "tripped";
    if (step.number % 3 == 1) tell(step, Standing::present);
    (void)latch.boot(lost ? nullptr : &record, time, 0);
    model.boot(lost ? std::optional<LatchRecord>{} : record, time);
    if (!lost) RC_ASSERT(latch.epoch() >= before);
    RC_ASSERT(latch.state() != LatchState::running);
  }

  // A plant in order and an operator in a hurry: without it random steps seldom come as far as `running`.
  void release_all(const Step& step) {
    for (int i = 0; i < sources; ++i) tell({0, i, 0, 1, 0}, Standing::clear);
    if (step.number > 2) time += 2s + Duration(sources);
    for (const int kind : {int{acknowledge}, int{reset}, int{start}})
      if (kind != start || step.number > 5) apply({kind, 0, 0, 0, 0});
  }

  void apply(const Step& step) {
    // Every third word names an epoch that is over, or has not begun.
    const Epoch named = latch.epoch() + (step.number == 3   ? 1U
                                         : step.number == 6 ? static_cast<Epoch>(-1)
                                                            : 0U);
    const auto index = static_cast<SourceIndex>(step.source);
    switch (step.kind) {
      case report:
        return tell(step, static_cast<Standing>(step.standing));
      case stop: {
        const auto code = static_cast<CauseCode>(step.code);
        const bool tripped = latch.stop(index, cause(step, code));
        RC_ASSERT(tripped == model.stop({step.source, {}, code, time + Duration(step.source)}));
        return;
      }
      case forget:
        latch.forget(index);
        return model.forget(step.source, time);
      case ease:
        (void)latch.ease();
        return model.ease();
      case acknowledge:
        RC_ASSERT(latch.acknowledge(named) == model.acknowledge(named));
        return;
      case reset:
        RC_ASSERT(latch.reset(named, time) == model.reset(named, time));
        return;
      case start: {
        const Refusal more = step.number % 4 == 1 ? Refusal::no_permit : Refusal::none;
        RC_ASSERT(latch.start(named, time, more) == model.start(named, time, more));
        return;
      }
      case wait:
        time += std::chrono::milliseconds(step.number * 300);
        return;
      case restart:
        return restart_with(step);
      case raise_epoch:
        latch.raise_epoch(named + static_cast<Epoch>(step.number) / 4);
        return model.raise_epoch(named + static_cast<Epoch>(step.number) / 4);
      default:
        return release_all(step);
    }
  }

  void compare() const {
    RC_ASSERT(name(latch.state()) == model.state);
    RC_ASSERT(latch.epoch() == model.epoch);
    RC_ASSERT(latch.acknowledged() == model.acknowledged);
    if (!model.causes.empty()) {
      RC_ASSERT(latch.first_out().code == model.causes.front().code);
      RC_ASSERT(latch.first_out().at == model.causes.front().at);
    }
    for (int i = 0; i < sources; ++i) {
      const auto& source = latch.source(static_cast<SourceIndex>(i));
      RC_ASSERT(source.standing == model.standing(i));
      const test::LatchModel::Fact* newest = nullptr;
      for (const auto& fact : model.causes)
        if (fact.source == i) newest = &fact;
      RC_ASSERT(source.recorded == (newest != nullptr));
      if (newest == nullptr) continue;
      RC_ASSERT(source.cause.code == newest->code);
      RC_ASSERT(source.cause.present == (source.standing == Standing::present));
    }
  }
};

TEST(LatchModel, S3_S4_S5_S6_S10_ARandomLifeAgreesWithTheRules) {
  EXPECT_TRUE(rc::check("the latch and the naive model agree", [] {
    bool ran = false;
    for (int life = 0; life < 10; ++life) {
      Twins twins;
      (void)twins.latch.boot(nullptr, twins.time, 0);
      twins.model.boot({}, twins.time);
      const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
      std::string before = "tripped";
      for (const Step& step : steps) {
        twins.apply(step);
        twins.compare();
        // S4, without any model: only the word `start` may lead to `running`.
        const std::string after{name(twins.latch.state())};
        if (after == "running" && before != "running") RC_ASSERT(step.kind == start || step.kind == release);
        before = after;
        ran = ran || before == "running";
      }
    }
    RC_CLASSIFY(ran);
  }));
}

}  // namespace
}  // namespace standstill
