// What is put aside is quiet until its end, and no longer; on whatever the disk and the clock do, it is noise
// that wins.
#include "supervise/shelved_alarms.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"

namespace standstill::supervise {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t noon = 1'800'000'000 * second;

ShelvedAlarm meter(std::int64_t seconds = 600) {
  return {.source = "meter",
          .out_of_service = false,
          .at_wall_ns = noon,
          .until_wall_ns = noon + seconds * second,
          .who = "anna",
          .reason = "it is being rewired"};
}

TEST(ShelvedAlarms, OneIsQuietUntilItsEndAndEndsOnce) {
  const test::TemporaryFolder folder;
  ShelvedAlarms alarms(folder.path());
  ASSERT_TRUE(alarms.put(meter()));
  EXPECT_TRUE(alarms.covers("meter", noon));
  EXPECT_FALSE(alarms.covers("press", noon));
  EXPECT_TRUE(alarms.covers("meter", noon + 599 * second));
  EXPECT_TRUE(alarms.take_ended(noon + 599 * second).empty());
  EXPECT_FALSE(alarms.covers("meter", noon + 600 * second));
  EXPECT_TRUE(alarms.all(noon + 600 * second).empty());
  const auto over = alarms.take_ended(noon + 600 * second);
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over.front().who, "anna");
  EXPECT_TRUE(alarms.take_ended(noon + 600 * second).empty());
}

TEST(ShelvedAlarms, ANewWordTakesThePlaceOfTheOldOne) {
  const test::TemporaryFolder folder;
  ShelvedAlarms alarms(folder.path());
  ASSERT_TRUE(alarms.put(meter()));
  auto longer = meter(1200);
  longer.out_of_service = true;
  ASSERT_TRUE(alarms.put(longer));
  const auto all = alarms.all(noon);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all.front().out_of_service);
  EXPECT_TRUE(alarms.covers("meter", noon + 900 * second));
}

TEST(ShelvedAlarms, TakenBackItIsToldAgain) {
  const test::TemporaryFolder folder;
  ShelvedAlarms alarms(folder.path());
  ASSERT_TRUE(alarms.put(meter()));
  EXPECT_TRUE(alarms.take_back("meter").value());
  EXPECT_FALSE(alarms.covers("meter", noon));
  EXPECT_FALSE(alarms.take_back("meter").value());
  EXPECT_FALSE(ShelvedAlarms(folder.path()).covers("meter", noon)) << "also on the disk";
}

TEST(ShelvedAlarms, OutlivesTheSupervisorWithItsEnd) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(ShelvedAlarms(folder.path()).put(meter()));
  const ShelvedAlarms again(folder.path());
  ASSERT_EQ(again.all(noon + 1).size(), 1U);
  EXPECT_EQ(again.all(noon + 1).front().reason, "it is being rewired");
  EXPECT_FALSE(again.covers("meter", noon + 600 * second));
}

TEST(ShelvedAlarms, AClockSetBackEndsIt) {
  const test::TemporaryFolder folder;
  ShelvedAlarms alarms(folder.path());
  ASSERT_TRUE(alarms.put(meter()));
  EXPECT_FALSE(alarms.covers("meter", noon - 1));
}

TEST(ShelvedAlarms, ABadFilePutsNothingAside) {
  const test::TemporaryFolder folder;
  for (const char* text : {"", "{", "{}", "[1]", R"([{"source":"meter"}])", R"([{"source":7}])"}) {
    std::ofstream(folder / "shelved.json") << text;
    EXPECT_TRUE(ShelvedAlarms(folder.path()).all(noon).empty()) << text;
  }
}

TEST(ShelvedAlarms, WhatCannotBeWrittenIsNotPutAside) {
  const test::TemporaryFolder folder;
  ShelvedAlarms alarms(folder / "gone");
  const auto put = alarms.put(meter());
  ASSERT_FALSE(put);
  EXPECT_NE(put.error().find("gone"), std::string::npos) << put.error();
  EXPECT_FALSE(alarms.covers("meter", noon));
}

}  // namespace
}  // namespace standstill::supervise
