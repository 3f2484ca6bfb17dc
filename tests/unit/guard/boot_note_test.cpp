#include "guard/boot_note.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hpp"

namespace standstill::guard {
namespace {

const std::string monday = "11111111-2222-3333-4444-555555555555",
                  tuesday = "99999999-2222-3333-4444-555555555555";

TEST(BootNote, TheFirstGuardOfABootIsTheFirst) {
  const test::TemporaryFolder folder;
  BootNote note(folder / "watchdog", monday);
  EXPECT_TRUE(note.first_of_boot());
  EXPECT_FALSE(note.ended_uncleanly());
}

TEST(BootNote, AGuardThatWasKilledIsToldToTheNextOne) {
  const test::TemporaryFolder folder;
  BootNote(folder / "watchdog", monday).armed();
  const BootNote next(folder / "watchdog", monday);
  EXPECT_FALSE(next.first_of_boot());
  EXPECT_TRUE(next.ended_uncleanly());
}

TEST(BootNote, ACleanEndIsNotALoss) {
  const test::TemporaryFolder folder;
  BootNote note(folder / "watchdog", monday);
  note.armed();
  note.ended();
  const BootNote next(folder / "watchdog", monday);
  EXPECT_FALSE(next.first_of_boot());
  EXPECT_FALSE(next.ended_uncleanly());
}

TEST(BootNote, ALossBeforeTheLastBootHasBeenPaidForByTheReset) {
  const test::TemporaryFolder folder;
  BootNote(folder / "watchdog", monday).armed();
  const BootNote next(folder / "watchdog", tuesday);
  EXPECT_TRUE(next.first_of_boot());
  EXPECT_FALSE(next.ended_uncleanly()) << "or the machine would reset for ever";
}

TEST(BootNote, ALossIsOwedAResetHoweverManyGuardsFollow) {
  const test::TemporaryFolder folder;
  BootNote(folder / "watchdog", monday).lost();
  EXPECT_TRUE(BootNote(folder / "watchdog", monday).reset_owed());
  EXPECT_TRUE(BootNote(folder / "watchdog", monday).ended_uncleanly());
  EXPECT_FALSE(BootNote(folder / "watchdog", tuesday).reset_owed());
  BootNote(folder / "watchdog", monday).ended();
  EXPECT_FALSE(BootNote(folder / "watchdog", monday).reset_owed()) << "the device was disarmed in good order";
}

TEST(BootNote, ATornLineSaysNothing) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "watchdog") << monday << " arm";
  const BootNote next(folder / "watchdog", monday);
  EXPECT_FALSE(next.ended_uncleanly());
}

TEST(BootNote, TheKernelNamesItsBoot) { EXPECT_EQ(kernel_boot_id().size(), 36U); }

}  // namespace
}  // namespace standstill::guard
