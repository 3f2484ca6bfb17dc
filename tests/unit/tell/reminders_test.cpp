#include "tell/reminders.hpp"

#include <gtest/gtest.h>

namespace standstill::tell {
namespace {

std::vector<std::string> ids(const std::vector<Reminders::Due>& due) {
  std::vector<std::string> made;
  for (const auto& one : due) made.push_back(one.alert);
  return made;
}
using Ids = std::vector<std::string>;

TEST(Reminders, EscalateAndRepeatUntilSomebodyAcknowledges) {
  Reminders reminders({{"crew", {}, 60s}, {"chief", 300s, 120s}, {"once", 30s, {}}, {"never", {}, {}}});
  Instant now{};
  // a trip
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{});
  now += 29s;
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{});
  now += 1s;
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{"once"});
  now += 30s;
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{"crew"});
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{}) << "once each time";
  now += 240s;  // five minutes in all
  const auto due = reminders.update(now, 7, true);
  EXPECT_EQ(ids(due), (Ids{"crew", "chief"}));
  EXPECT_EQ(due[1].since, Duration(300s));
  now += 119s;
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{"crew"});
  now += 1s;
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{"chief"});
  // somebody acknowledges
  EXPECT_EQ(ids(reminders.update(now, 7, false)), Ids{});
  now += 1h;
  EXPECT_EQ(ids(reminders.update(now, 7, false)), Ids{});
}

TEST(Reminders, ALaterCauseAndANewTripBeginAnew) {
  Reminders reminders({{"chief", 60s, {}}});
  Instant now{};
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{});
  now += 30s;
  EXPECT_EQ(ids(reminders.update(now, 7, false)), Ids{});
  EXPECT_EQ(ids(reminders.update(now, 7, true)), Ids{}) << "a later cause took the acknowledgement back";
  now += 59s;
  EXPECT_EQ(ids(reminders.update(now, 8, true)), Ids{}) << "another trip";
  now += 59s;
  EXPECT_EQ(ids(reminders.update(now, 8, true)), Ids{});
  now += 1s;
  EXPECT_EQ(ids(reminders.update(now, 8, true)), Ids{"chief"});
}

}  // namespace
}  // namespace standstill::tell
