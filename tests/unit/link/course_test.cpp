// The course of a link in simulated time.
#include "link/course.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <rapidcheck/gtest.h>

namespace standstill::link {
namespace {

using Due = Course::Due;

constexpr Instant t0 = instant_from_ns(0) + 1000s;

Timing steady() {  // no jitter, so that a scenario can name its times
  Timing timing;
  timing.reconnect.jitter_permille = 0;
  return timing;
}

struct CourseTest : testing::Test {
  Course course{steady(), JitterSource(1)};
  Instant time = t0;

  void dial_opens() {
    ASSERT_EQ(course.due(time), Due::dial);
    course.dialing(time);
    course.opened(time);
  }
  void go_online() {
    course.begin(time);
    dial_opens();
    time += 10ms;
    course.proven(time);
    ASSERT_EQ(course.state(), State::online);
  }
  void fail_dial() {
    time = std::max(time, course.next_dial());
    ASSERT_EQ(course.due(time), Due::dial);
    course.dialing(time);
    course.dial_failed(time);
  }
};

TEST_F(CourseTest, FromTheFirstDialToOnline) {
  EXPECT_EQ(course.due(time), Due::nothing);
  course.begin(time);
  EXPECT_EQ(course.state(), State::dialing);
  EXPECT_EQ(course.due(time), Due::dial);
  course.dialing(time);
  EXPECT_EQ(course.due(time + 1h), Due::nothing);  // the transport keeps the time of a dial
  course.opened(time);
  EXPECT_EQ(course.state(), State::probing);  // an open socket proves nothing
  course.proven(time);
  EXPECT_EQ(course.state(), State::online);
}

TEST_F(CourseTest, QuietThenProbedThenUnansweredThenSilent) {
  go_online();
  // A message a while later: the quiet counts from there.
  time += 400ms;
  course.heard(time);
  EXPECT_EQ(course.due(time + 999ms), Due::nothing);
  EXPECT_EQ(course.due(time + 1000ms), Due::probe);
  time += 1000ms;
  course.probed(time);
  // Unanswered for `silence`, to the millisecond.
  EXPECT_EQ(course.deadline(), time + 3s);
  EXPECT_EQ(course.due(time + 2999ms), Due::nothing);
  EXPECT_EQ(course.due(time + 3000ms), Due::silence);
  time += 3s;
  course.silent(time);
  EXPECT_EQ(course.state(), State::silent);
  course.ended(Ending::crash, time);
  EXPECT_EQ(course.state(), State::lost);
  EXPECT_EQ(course.next_dial(), time + 2s);
}

TEST_F(CourseTest, AnAnsweredProbeGivesTheRoundTripAndStartsTheQuietAnew) {
  go_online();
  time += 1s;
  course.probed(time);
  time += 12ms;
  EXPECT_EQ(course.heard(time), Duration{12ms});
  EXPECT_EQ(course.heard(time), std::nullopt);
  EXPECT_EQ(course.due(time + 999ms), Due::nothing);
  EXPECT_EQ(course.due(time + 1s), Due::probe);
}

TEST_F(CourseTest, AfterAPauseOfTheWholeProgramThePeerIsAskedBeforeItIsJudged) {
  go_online();
  time += 60s;
  EXPECT_EQ(course.due(time), Due::probe);
  course.probed(time);
  EXPECT_EQ(course.deadline(), time + 3s);
}

TEST_F(CourseTest, ALongMessageUnderWayIsNotSilenceButDrippingForEverIs) {
  go_online();
  time += 1s;
  course.probed(time);
  const Instant asked = time;
  while (time < asked + 29s) {
    time += 1s;
    course.progress(time);
    ASSERT_EQ(course.due(time), Due::nothing);
  }
  // The peer dies in the middle of it: noticed `silence` after the last byte, or when the limit of ten comes.
  EXPECT_EQ(course.deadline(), asked + 30s);
}

TEST_F(CourseTest, AStalledMessageIsSilentOneSilenceAfterItsLastByte) {
  go_online();
  time += 1s;
  course.probed(time);
  time += 2s;
  course.progress(time);
  EXPECT_EQ(course.deadline(), time + 3s);
}

TEST_F(CourseTest, APeerThatAcceptsAndSaysNothingIsLostAndNeverOnline) {
  course.begin(time);
  dial_opens();
  EXPECT_EQ(course.due(time + 2999ms), Due::nothing);
  time += 3s;
  EXPECT_EQ(course.due(time), Due::silence);
  course.silent(time);
  course.ended(Ending::crash, time);
  EXPECT_EQ(course.state(), State::lost);
}

TEST_F(CourseTest, S8_AGoodbyeIsNoLossAndStaysClosedWhateverFailsAfterIt) {
  go_online();
  course.ended(Ending::goodbye, time);
  EXPECT_EQ(course.state(), State::closed);
  // The machine is switched off for the night: dozens of dials, and the breaker, change nothing.
  for (int i = 0; i < 40; ++i) {
    fail_dial();
    ASSERT_EQ(course.state(), State::closed);
  }
  time = course.next_dial();
  dial_opens();
  EXPECT_EQ(course.state(), State::closed);
  course.ended(Ending::crash, time);  // it starts, and is restarted
  EXPECT_EQ(course.state(), State::closed);
  time = course.next_dial();
  dial_opens();
  course.proven(time);
  EXPECT_EQ(course.state(), State::online);
  // From here on an end without a goodbye is a loss again.
  course.ended(Ending::crash, time);
  EXPECT_EQ(course.state(), State::lost);
}

TEST_F(CourseTest, S8_AnEndDuringTheHandshakeAfterHavingBeenOnlineIsALoss) {
  go_online();
  course.ended(Ending::crash, time);
  EXPECT_EQ(course.state(), State::lost);
  time = course.next_dial();
  dial_opens();
  EXPECT_EQ(course.state(), State::probing);
  EXPECT_EQ(standing(course.state(), true, 1), Standing::lost);  // not yet back
  course.ended(Ending::crash, time);
  EXPECT_EQ(course.state(), State::lost);
}

TEST_F(CourseTest, BacksOffAndStartsOverOnceOnline) {
  go_online();
  course.ended(Ending::crash, time);
  for (const Duration wait : {Duration{2s}, Duration{3s}, Duration{4500ms}}) {
    EXPECT_EQ(course.next_dial(), time + wait);
    fail_dial();
  }
  time = course.next_dial();
  dial_opens();
  course.proven(time);
  course.ended(Ending::crash, time);
  EXPECT_EQ(course.next_dial(), time + 2s);
}

TEST_F(CourseTest, TheBreakerSuspendsAfterTenFailuresAndTriesOnceEveryFiveMinutes) {
  course.begin(time);
  for (int i = 0; i < 9; ++i) {
    fail_dial();
    ASSERT_EQ(course.state(), State::lost);
  }
  fail_dial();
  EXPECT_EQ(course.state(), State::suspended);
  EXPECT_EQ(standing(course.state(), false, 10), Standing::lost);
  EXPECT_EQ(course.next_dial(), time + 300s);
  fail_dial();
  EXPECT_EQ(course.state(), State::suspended);
  EXPECT_EQ(course.next_dial(), time + 300s);
}

TEST_F(CourseTest, ADeviceThatReturnsClosesTheBreakerAndIsDialedAtOnce) {
  course.begin(time);
  for (int i = 0; i < 10; ++i) fail_dial();
  ASSERT_EQ(course.state(), State::suspended);
  time += 5s;
  course.device_returned(time);
  EXPECT_EQ(course.due(time), Due::dial);
  // It is closed, not just bypassed: the next failure is the first of ten.
  fail_dial();
  EXPECT_EQ(course.state(), State::lost);
  EXPECT_EQ(course.next_dial(), time + 2s);
}

TEST_F(CourseTest, ADeviceThatReturnsDuringADialIsDialedRightAfterIt) {
  course.begin(time);
  course.dialing(time);
  course.device_returned(time);
  course.dial_failed(time);
  EXPECT_EQ(course.due(time), Due::dial);
  course.dialing(time);
  course.dial_failed(time);
  EXPECT_EQ(course.next_dial(), time + 2s);  // once, not for ever
}

TEST(Course, MaxTriesEndsTheSeriesAndTheNextCallStartsANewOne) {
  Timing timing = steady();
  timing.max_tries = 5;
  Course course(timing, JitterSource(1));
  Instant time = t0;
  course.begin(time);
  for (int series = 0; series < 2; ++series) {
    for (int i = 0; i < 5; ++i) {
      ASSERT_FALSE(course.exhausted());
      time = course.next_dial();
      course.dialing(time);
      course.dial_failed(time);
    }
    EXPECT_TRUE(course.exhausted());
    EXPECT_EQ(course.state(), State::lost);
    EXPECT_EQ(course.deadline(), never);
    course.poke(time);
    EXPECT_EQ(course.due(time), Due::dial);
  }
}

TEST_F(CourseTest, ClosedForGoodStaysClosed) {
  go_online();
  course.stop(time);
  course.poke(time);
  course.device_returned(time);
  course.ended(Ending::crash, time);
  EXPECT_EQ(course.state(), State::closed);
  EXPECT_EQ(course.deadline(), never);
}

TEST(Standing, FollowsTheStateAndWhatWasBefore) {
  EXPECT_EQ(standing(State::dialing, false, 0), Standing::unknown);
  EXPECT_EQ(standing(State::probing, false, 1), Standing::unknown);
  EXPECT_EQ(standing(State::dialing, false, 2), Standing::lost);
  EXPECT_EQ(standing(State::dialing, true, 0), Standing::lost);
  EXPECT_EQ(standing(State::online, true, 0), Standing::online);
  EXPECT_EQ(standing(State::silent, true, 0), Standing::lost);
  EXPECT_EQ(standing(State::suspended, false, 10), Standing::lost);
  EXPECT_EQ(standing(State::closed, true, 3), Standing::closed);
}

// Whatever happens in whatever order: a link that is not stopped, not being dialed and has tries left always
// has something planned, and `online` is only ever reached by proof.
RC_GTEST_PROP(Course, NeverFallsAsleepAndIsOnlineOnlyByProof, ()) {
  Timing timing;
  timing.breaker = {.failures = 3, .open_for = 20s};
  Course course(timing, JitterSource(*rc::gen::arbitrary<std::uint32_t>()));
  Instant time = t0;
  course.begin(time);
  bool dialing = false;
  for (const int what : *rc::gen::container<std::vector<int>>(200, rc::gen::inRange(0, 10))) {
    const State before = course.state();
    time += std::chrono::milliseconds(*rc::gen::inRange(0, 4000));
    if (what == 0) {
      course.poke(time);
    } else if (what == 1) {
      course.device_returned(time);
    } else if (dialing) {
      dialing = false;
      what < 5 ? course.dial_failed(time) : course.opened(time);
    } else if (course.connected() && what == 2) {
      course.ended(Ending::goodbye, time);
    } else if (course.connected() && what == 3) {
      course.ended(Ending::crash, time);
    } else if (course.connected() && what < 6) {
      course.heard(time);
    } else if (course.connected() && what == 6) {
      course.proven(time);
    } else {
      switch (course.due(time)) {
        case Due::dial:
          course.dialing(time);
          dialing = true;
          break;
        case Due::probe:
          course.probed(time);
          break;
        case Due::silence:
          course.silent(time);
          course.ended(Ending::crash, time);
          break;
        case Due::nothing:
          break;
      }
    }
    if (course.state() == State::online) RC_ASSERT(before == State::online || what == 6);
    if (before == State::closed)
      RC_ASSERT(course.state() == State::closed || course.state() == State::online);
    if (!dialing) {
      RC_ASSERT(course.deadline() != never);
      RC_ASSERT(course.deadline() <= time + 66s);
    }
  }
}

}  // namespace
}  // namespace standstill::link
