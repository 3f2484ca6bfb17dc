// CVs and log through power cuts at every byte, damage and worn-out flash.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "kernel/checksum.hpp"
#include "plant/loco/cv_store.hpp"
#include "plant/loco/log_store.hpp"
#include "sim/loco/flash.hpp"

namespace standstill::loco {
namespace {

using sim::loco::MemoryFlash;

void store(MemoryFlash& flash, Settings& settings, std::uint32_t cv, std::int32_t value) {
  CvStore cvs(flash);
  (void)cvs.load(settings);
  ASSERT_TRUE(settings.write(cv, value).done);
  cvs.changed();
  for (int i = 0; i < 10; ++i) (void)cvs.keep(settings, true);
}

TEST(LocoCvStore, NewFlashHasDefaultsAndSaysSo) {
  MemoryFlash flash;
  Settings settings;
  CvStore cvs(flash);
  EXPECT_EQ(cvs.load(settings), CvOrigin::fresh);
  EXPECT_EQ(settings[Cv::boiler_limit], 110);
}

TEST(LocoCvStore, WhatWasWrittenIsThereAfterAPowerCycle) {
  MemoryFlash flash;
  Settings settings;
  store(flash, settings, 42, 120);
  store(flash, settings, 37, 2000);
  Settings later;
  CvStore cvs(flash);
  EXPECT_EQ(cvs.load(later), CvOrigin::main);
  EXPECT_EQ(later[Cv::boiler_limit], 120);
  EXPECT_EQ(later[Cv::wheel_radius], 2000);
}

TEST(LocoCvStore, ADamagedMainCopyFallsBackToTheSpareThenToDefaults) {
  MemoryFlash flash;
  Settings settings;
  store(flash, settings, 42, 120);
  flash.at(cv_main, 20) ^= 0x04;
  Settings later;
  {
    CvStore cvs(flash);
    EXPECT_EQ(cvs.load(later), CvOrigin::spare);
    EXPECT_EQ(later[Cv::boiler_limit], 120);
  }
  flash.at(cv_spare, 20) ^= 0x04;
  CvStore cvs(flash);
  EXPECT_EQ(cvs.load(later), CvOrigin::defaults);
  EXPECT_EQ(later[Cv::boiler_limit], 110);
}

constexpr std::size_t record_bytes = 4 * (4 + variables.size());  // magic, sequence, values, spare, sum

// What was written last was damaged in the main copy, which still has what was written before it.
TEST(LocoCvStore, ANewerSpareIsPreferredToAnOlderMainCopy) {
  MemoryFlash flash;
  Settings settings;
  store(flash, settings, 42, 100);
  store(flash, settings, 42, 120);
  flash.at(cv_main, record_bytes + 20) ^= 0x04;
  Settings later;
  CvStore cvs(flash);
  EXPECT_EQ(cvs.load(later), CvOrigin::spare);
  EXPECT_EQ(later[Cv::boiler_limit], 120);
}

// As another version of the firmware may have left them: whole records of values that are none, or that do
// not go together.
TEST(LocoCvStore, AWholeRecordOfImpossibleValuesIsDamaged) {
  const std::vector<std::vector<std::pair<Cv, std::uint8_t>>> impossible{
      {{Cv::boiler_limit, 131}}, {{Cv::servo_neutral, 110}, {Cv::servo_maximum, 100}}};
  for (const auto& values : impossible)
    for (const std::size_t copies : {1U, 2U}) {
      MemoryFlash flash;
      Settings settings;
      store(flash, settings, 42, 120);
      for (std::size_t copy = 0; copy < copies; ++copy) {
        std::array<std::uint8_t, record_bytes> bytes{};
        flash.read(cv_main + copy, 0, bytes);
        ASSERT_EQ(bytes[8 + 4 * index_of(Cv::boiler_limit)], 120);
        for (const auto& [cv, value] : values) bytes[8 + 4 * index_of(cv)] = value;
        const std::uint32_t sum = crc32(std::span(bytes).first(record_bytes - 4));
        for (std::size_t i = 0; i < 4; ++i)
          bytes[record_bytes - 4 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
        for (std::size_t i = 0; i < record_bytes; ++i) flash.at(cv_main + copy, i) = bytes[i];
      }
      Settings later;
      CvStore cvs(flash);
      EXPECT_EQ(cvs.load(later), copies == 1 ? CvOrigin::spare : CvOrigin::defaults);
      EXPECT_EQ(later[Cv::boiler_limit], copies == 1 ? 120 : 110);
      EXPECT_EQ(later[Cv::servo_neutral], 77);
    }
}

// The spare waits for its erase; the main copy has its record and is not worn out meanwhile.
TEST(LocoCvStore, WhileOneCopyWaitsTheOtherIsWrittenOnce) {
  MemoryFlash flash;
  Settings settings;
  CvStore filler(flash);
  (void)filler.load(settings);
  for (std::size_t at = 0; at < MemoryFlash::size; ++at) flash.at(cv_spare, at) = 0;
  CvStore cvs(flash);
  (void)cvs.load(settings);
  ASSERT_TRUE(settings.write(42, 120).done);
  cvs.changed();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(cvs.keep(settings, false));
  EXPECT_FALSE(is_erased(flash, cv_main, 0, record_bytes));
  EXPECT_TRUE(is_erased(flash, cv_main, record_bytes, record_bytes));
  EXPECT_EQ(flash.erases, 0U);
  EXPECT_FALSE(cvs.keep(settings, true));
  Settings later;
  CvStore again(flash);
  EXPECT_EQ(again.load(later), CvOrigin::main);
}

TEST(LocoCvStore, WhatFlashOnlySaysThatItTookIsNotBelieved) {
  MemoryFlash flash;
  Settings settings;
  CvStore cvs(flash);
  (void)cvs.load(settings);
  flash.forgets = true;
  ASSERT_TRUE(settings.write(42, 120).done);
  cvs.changed();
  for (int i = 0; i < 100; ++i) (void)cvs.keep(settings, true);
  EXPECT_TRUE(cvs.failed());
}

TEST(LocoCvStore, ASpareThatWasUsedMendsTheMainCopy) {
  MemoryFlash flash;
  Settings settings;
  store(flash, settings, 42, 120);
  flash.at(cv_main, 20) ^= 0x04;
  {
    CvStore cvs(flash);
    EXPECT_EQ(cvs.load(settings), CvOrigin::spare);
    while (cvs.keep(settings, true)) {
    }
  }
  flash.at(cv_spare, 20) ^= 0x04;
  CvStore cvs(flash);
  EXPECT_EQ(cvs.load(settings), CvOrigin::main);
  EXPECT_EQ(settings[Cv::boiler_limit], 120);
}

TEST(LocoCvStore, WritingWhileRunningAppendsAndNeverErases) {
  MemoryFlash flash;
  Settings settings;
  CvStore cvs(flash);
  (void)cvs.load(settings);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(settings.write(42, 100 + i % 20).done);
    cvs.changed();
    (void)cvs.keep(settings, false);
  }
  EXPECT_EQ(flash.erases, 0U);
  EXPECT_TRUE(cvs.keep(settings, false));  // full: it waits until the engine is safe
  EXPECT_FALSE(cvs.keep(settings, true));
  EXPECT_GT(flash.erases, 0U);
  Settings later;
  CvStore again(flash);
  EXPECT_EQ(again.load(later), CvOrigin::main);
  EXPECT_EQ(later.values(), settings.values());
}

TEST(LocoCvStore, S13_PowerLostAtAnyByteLeavesTheOldOrTheNewValues) {
  for (int filled : {0, 1, 27, 28, 29}) {
    for (std::int64_t bytes = 0; bytes < 9000; bytes += bytes < 320 ? 1 : 97) {
      MemoryFlash flash;
      Settings settings;
      for (int i = 0; i <= filled; ++i) store(flash, settings, 42, 100 + i % 3);
      const std::int32_t old = settings[Cv::boiler_limit];
      flash.lose_power_after(bytes);
      {
        Settings working;
        CvStore cvs(flash);
        (void)cvs.load(working);
        ASSERT_TRUE(working.write(42, 125).done);
        cvs.changed();
        for (int i = 0; i < 10; ++i) (void)cvs.keep(working, true);
      }
      flash.power_back();
      Settings later;
      CvStore cvs(flash);
      const CvOrigin origin = cvs.load(later);
      EXPECT_TRUE(origin == CvOrigin::main || origin == CvOrigin::spare) << filled << " " << bytes;
      const std::int32_t value = later[Cv::boiler_limit];
      ASSERT_TRUE(value == old || value == 125) << filled << " " << bytes << " " << value;
    }
  }
}

// Power went between the two copies, and goes again while that is mended: the newer one is all there is.
TEST(LocoCvStore, S13_TheOnlyCopyOfTheNewestValuesIsNotErased) {
  for (std::int64_t bytes = 0; bytes < 9000; bytes += 37) {
    MemoryFlash flash;
    Settings settings;
    {
      CvStore cvs(flash);
      (void)cvs.load(settings);
      constexpr int slots = MemoryFlash::size / record_bytes;
      for (int i = 0; i < slots; ++i) {
        const bool last = i == slots - 1;
        if (last) flash.lose_power_after(record_bytes);  // the main copy gets it, and is full
        ASSERT_TRUE(settings.write(42, last ? 125 : 100 + i % 3).done);
        cvs.changed();
        EXPECT_EQ(cvs.keep(settings, false), last);
      }
      flash.power_back();
    }
    {
      CvStore cvs(flash);
      ASSERT_EQ(cvs.load(settings), CvOrigin::main);
      ASSERT_EQ(settings[Cv::boiler_limit], 125);
      flash.lose_power_after(bytes);
      for (int i = 0; i < 10; ++i) (void)cvs.keep(settings, true);
      flash.power_back();
    }
    Settings later;
    CvStore cvs(flash);
    (void)cvs.load(later);
    ASSERT_EQ(later[Cv::boiler_limit], 125) << bytes;
  }
}

TEST(LocoCvStore, WornOutFlashIsSaidAndNotTriedForEver) {
  MemoryFlash flash;
  Settings settings;
  CvStore cvs(flash);
  (void)cvs.load(settings);
  flash.refuses = true;
  ASSERT_TRUE(settings.write(42, 120).done);
  cvs.changed();
  for (int i = 0; i < 100; ++i) (void)cvs.keep(settings, true);
  EXPECT_TRUE(cvs.failed());
  EXPECT_EQ(settings[Cv::boiler_limit], 120);
}

TEST(LocoCvStore, AnyBytesInFlashGiveValidValues) {
  EXPECT_TRUE(rc::check("any damage: every CV is within its range", [] {
    MemoryFlash flash;
    Settings settings;
    store(flash, settings, 42, 120);
    const auto hits = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 2 * 300), rc::gen::inRange(0, 256)));
    for (const auto& [place, value] : hits)
      flash.at(place % 2 == 0 ? cv_main : cv_spare, static_cast<std::size_t>(place / 2)) =
          static_cast<std::uint8_t>(value);
    CvStore cvs(flash);
    Settings later;
    (void)cvs.load(later);
    for (std::size_t i = 0; i < variables.size(); ++i)
      RC_ASSERT(later.values()[i] >= variables[i].low && later.values()[i] <= variables[i].high);
  }));
}

LogRecord record(Epoch epoch) {
  LogRecord made;
  made.epoch = epoch;
  made.reason = "THERMAL_BOILER_LIMIT(112°C > 110°C)";
  made.event_count = 20;
  for (std::size_t i = 0; i < 20; ++i) made.events[i].value = static_cast<std::int32_t>(i * epoch);
  return made;
}

LogStore::Progress save(MemoryFlash& flash, const LogRecord& one) {
  LogStore log(flash);
  (void)log.prepare();
  log.blank() = one;
  log.begin();
  for (int i = 0; i < 40; ++i) (void)log.step();
  return log.progress();
}

TEST(LocoLogStore, TheNewestIsReadBackOverManyShutdowns) {
  MemoryFlash flash;
  for (Epoch epoch = 1; epoch < 60; ++epoch) {
    ASSERT_EQ(save(flash, record(epoch)), LogStore::Progress::saved);
    LogStore log(flash);
    ASSERT_TRUE(log.prepare());
    const LogRecord& found = log.record();
    EXPECT_EQ(found.epoch, epoch);
    EXPECT_EQ(found.reason.view(), record(epoch).reason.view());
    EXPECT_EQ(found.events[19].value, static_cast<std::int32_t>(19 * epoch));
  }
}

TEST(LocoLogStore, S13_PowerLostAtAnyByteLeavesTheOldOrTheNewLog) {
  for (std::int64_t bytes = 0; bytes < 800; ++bytes) {
    MemoryFlash flash;
    for (Epoch epoch = 1; epoch <= 6; ++epoch) (void)save(flash, record(epoch));
    flash.lose_power_after(bytes);
    (void)save(flash, record(7));
    flash.power_back();
    LogStore log(flash);
    ASSERT_TRUE(log.prepare()) << bytes;
    const LogRecord& found = log.record();
    ASSERT_TRUE(found.epoch == 6 || found.epoch == 7) << bytes;
    // and there is room for the next one
    EXPECT_EQ(save(flash, record(8)), LogStore::Progress::saved) << bytes;
  }
}

TEST(LocoLogStore, ADamagedLogIsNoneAtWhicheverByte) {
  for (std::size_t byte = 0; byte < sizeof(LogRecord); ++byte) {
    MemoryFlash flash;
    ASSERT_EQ(save(flash, record(1)), LogStore::Progress::saved);
    ASSERT_EQ(save(flash, record(2)), LogStore::Progress::saved);
    flash.at(log_first, sizeof(LogRecord) + byte) ^= 0x20;
    LogStore log(flash);
    ASSERT_TRUE(log.prepare());
    EXPECT_EQ(log.record().epoch, 1U) << byte;
  }
}

TEST(LocoLogStore, FlashThatRefusesIsAFailureAndNoMore) {
  MemoryFlash flash;
  LogStore log(flash);
  EXPECT_FALSE(log.prepare());
  flash.refuses = true;
  log.blank() = record(1);
  log.begin();
  EXPECT_EQ(log.step(), LogStore::Progress::failed);
  EXPECT_EQ(log.step(), LogStore::Progress::failed);
}

}  // namespace
}  // namespace standstill::loco
