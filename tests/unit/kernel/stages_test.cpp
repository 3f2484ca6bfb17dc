#include "kernel/stages.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace standstill {
namespace {

constexpr Instant trip = instant_from_ns(5'000'000'000);
constexpr auto send(Duration at) { return Stage{at, Stage::Act::send, 0}; }
constexpr auto cut(Duration at, std::uint8_t output) { return Stage{at, Stage::Act::output, output}; }

// The sequence of the contract's example: brake the trains, 500 ms later the mains (output 0); output 1 is
// not named.
constexpr std::array example{send(0ms), cut(500ms, 0)};
constexpr Stages controlled = *Stages::make(example, 2);

static_assert(controlled.category() == 1);
static_assert(controlled.due(trip, trip).outputs == 0b10);
static_assert(controlled.due(trip, trip).sends == 0b01);
static_assert(controlled.due(trip, trip).next == trip + 500ms);
static_assert(controlled.due(trip, trip + 499ms).outputs == 0b10);
static_assert(controlled.due(trip, trip + 500ms).outputs == 0b11);
static_assert(controlled.due(trip, trip + 500ms).next == never);
// The link is what was lost: nothing to wait for.
static_assert(controlled.due(trip, trip, trip).outputs == 0b11);
static_assert(controlled.due(trip, trip, trip).sends == 0);
// A plan that could not be read cuts everything at once.
static_assert(Stages{}.due(trip, trip).outputs == 0xFFFFFFFF && Stages{}.category() == 0);

TEST(Stages, WithoutStagesEverythingIsDueAtOnce) {
  const Stages stages = *Stages::make({}, 3);
  const auto due = stages.due(trip, trip);
  EXPECT_EQ(due.outputs, 0b111U);
  EXPECT_EQ(due.next, never);
  EXPECT_EQ(due.of, 0);
  EXPECT_EQ(stages.category(), 0);
}

TEST(Stages, CountsTheStagesForTheStatus) {
  const std::array plan{send(0ms), cut(200ms, 2), cut(700ms, 0)};
  const Stages stages = *Stages::make(plan, 3);
  EXPECT_EQ(stages.due(trip, trip).stage, 1);
  EXPECT_EQ(stages.due(trip, trip).of, 3);
  EXPECT_EQ(stages.due(trip, trip + 200ms).stage, 2);
  EXPECT_EQ(stages.due(trip, trip + 200ms).next, trip + 700ms);
  EXPECT_EQ(stages.due(trip, trip + 10s).stage, 3);
}

TEST(Stages, SupervisorLostInTheMiddleEndsTheWaitAtThatInstant) {
  // 200 ms into the 500: the send was done, what is left of its time is skipped
  EXPECT_EQ(controlled.due(trip, trip + 199ms).outputs, 0b10U);
  const auto due = controlled.due(trip, trip + 200ms, trip + 200ms);
  EXPECT_EQ(due.outputs, 0b11U);
  EXPECT_EQ(due.sends, 0b01U) << "it was sent before the supervisor went";
}

TEST(Stages, SupervisorLostBeforeTheTripSkipsFromTheStart) {
  EXPECT_EQ(controlled.due(trip, trip, trip - 3s).outputs, 0b11U);
}

TEST(Stages, DelaysBetweenOutputsStay) {
  // Brake command, 500 ms; drive enable off (0); 200 ms later the mains (1)
  const std::array plan{send(0ms), cut(500ms, 0), cut(700ms, 1)};
  const Stages stages = *Stages::make(plan, 2);
  EXPECT_EQ(stages.due(trip, trip, trip).outputs, 0b01U);
  EXPECT_EQ(stages.due(trip, trip, trip).next, trip + 200ms);
  EXPECT_EQ(stages.due(trip, trip + 200ms, trip).outputs, 0b11U);
  // Lost at 300 ms: the drive goes off then, the mains 200 ms after it
  EXPECT_EQ(stages.due(trip, trip + 300ms, trip + 300ms).outputs, 0b01U);
  EXPECT_EQ(stages.due(trip, trip + 300ms, trip + 300ms).next, trip + 500ms);
  EXPECT_EQ(stages.delay_of(0, true), 500ms);
  EXPECT_EQ(stages.delay_of(1, true), 700ms);
  EXPECT_EQ(stages.delay_of(0, false), 0ms);
  EXPECT_EQ(stages.delay_of(1, false), 200ms);
}

TEST(Stages, ADelayWithoutASendIsNeverSkipped) {
  const std::array plan{cut(0ms, 0), cut(300ms, 1)};
  const Stages stages = *Stages::make(plan, 2);
  EXPECT_EQ(stages.due(trip, trip, trip).outputs, 0b01U);
  EXPECT_EQ(stages.category(), 1);
}

TEST(Stages, NoOutputOvertakesTheOneBeforeIt) {
  const std::array plan{cut(300ms, 0), send(300ms), cut(500ms, 1)};
  const Stages stages = *Stages::make(plan, 2);
  EXPECT_EQ(stages.delay_of(0, false), 300ms);
  EXPECT_EQ(stages.delay_of(1, false), 300ms);
}

TEST(Stages, SendsThatComeTooLateAreNotSent) {
  const std::array plan{send(0ms), send(100ms), cut(500ms, 0)};
  const Stages stages = *Stages::make(plan, 1);
  const auto due = stages.due(trip, trip + 50ms, trip + 50ms);
  EXPECT_EQ(due.sends, 0b001U);
  EXPECT_EQ(due.outputs, 0b1U);
  EXPECT_EQ(due.next, never);
}

TEST(Stages, RefusesWhatItCannotKeep) {
  using Error = Stages::Error;
  const auto refused = [](std::vector<Stage> plan, std::size_t outputs) {
    return Stages::make(plan, outputs).error();
  };
  EXPECT_EQ(refused(std::vector(17, send(0ms)), 1), Error::too_many);
  EXPECT_EQ(refused({}, 33), Error::too_many_outputs);
  EXPECT_EQ(refused({cut(-1ms, 0)}, 1), Error::bad_time);
  EXPECT_EQ(refused({cut(10min + 1ms, 0)}, 1), Error::bad_time);
  EXPECT_EQ(refused({cut(2ms, 0), cut(1ms, 1)}, 2), Error::out_of_order);
  EXPECT_EQ(refused({cut(0ms, 2)}, 2), Error::no_such_output);
  EXPECT_EQ(refused({cut(0ms, 0), cut(1ms, 0)}, 1), Error::output_twice);
  EXPECT_TRUE(Stages::make(std::vector(16, send(0ms)), 32));
  EXPECT_EQ(text(Error::output_twice),
            "two stages name the same output: the earlier one decides, remove the other");
}

// Any plan, any moment at which sends stop making sense: what was due stays due, nothing is later than
// configured, the deadlines that are announced are kept, and in the end everything was cut.
TEST(Stages, NothingIsEverTakenBackOrLate) {
  EXPECT_TRUE(rc::check([] {
    std::vector<Stage> plan;
    int at = 0;
    for (const auto& [gap, what] :
         *rc::gen::resize(16, rc::gen::container<std::vector<std::pair<int, int>>>(
                                  rc::gen::pair(rc::gen::inRange(0, 5), rc::gen::inRange(-16, 16))))) {
      if (plan.size() == Stages::most_stages) break;
      at += gap;
      const bool named = std::any_of(plan.begin(), plan.end(), [what = what](const Stage& stage) {
        return stage.act == Stage::Act::output && stage.index == what;
      });
      plan.push_back(what < 0 || named ? send(std::chrono::milliseconds{at})
                                       : cut(std::chrono::milliseconds{at}, static_cast<std::uint8_t>(what)));
    }
    const auto stages = Stages::make(plan, 16);
    RC_ASSERT(stages.has_value());
    const auto lost = *rc::gen::inRange(-2, 100);
    std::uint32_t done = 0;
    Instant announced = trip;
    for (int ms = 0; ms <= at; ++ms) {
      const Instant now = trip + std::chrono::milliseconds{ms};
      const Instant no_sends = ms >= lost ? trip + std::chrono::milliseconds{lost} : never;
      const auto due = stages->due(trip, now, no_sends);
      const auto configured = stages->due(trip, now);
      RC_ASSERT((due.outputs & done) == done);
      RC_ASSERT((due.outputs & configured.outputs) == configured.outputs);
      RC_ASSERT((due.sends & ~configured.sends) == 0);
      if (due.outputs != done && ms != lost) RC_ASSERT(ms == 0 || announced == now);
      RC_ASSERT(due.next > now);
      done = due.outputs;
      announced = due.next;
    }
    RC_ASSERT(done == 0xFFFFU);
    RC_ASSERT(announced == never);
  }));
}

}  // namespace
}  // namespace standstill
