// Outputs on a real GPIO driver: commanded, read back, escalated, lost.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "hil/guest/chain.hpp"
#include "hil/guest/held_line.hpp"
#include "hil/guest/line_record.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {
namespace {

// Line 0 switches the track; line 8 is the relay's auxiliary contact, line 1 what is upstream of it.
const std::string track =
    "[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n";
const std::string read_back =
    "readback = { kind = \"gpio\", chip = \"sim\", line = 8, expect = \"low\", within_ms = 50";
const std::string mains =
    "[[output]]\nid = \"mains\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 1\nsafe = \"low\"\n";
// Only an escalation cuts the mains earlier than a minute after the trip.
const std::string mains_later = mains + "[[stage]]\nat_ms = 60000\noutput = \"mains\"\n";

bool lines_drop() { return std::string_view(std::getenv("HIL_VARIANT")) == "drop"; }

TEST(Gpio, S4_OnlyStartEnergises) {
  SimChip chip;
  LineRecord record(chip);
  Chain chain(track);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_ready()) << chain.about();
  EXPECT_TRUE(stays([&] { return record.changes_of(0, false).empty(); }, 1s)) << "energised before start";
  EXPECT_EQ(chain.word("start").status, 200);
  EXPECT_TRUE(until([&] { return chip.high(0); }));
}

TEST(Gpio, S1_AStopMakesThePinSafe) {
  SimChip chip;
  Chain chain(track);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  chain.stop();
  EXPECT_TRUE(until([&] { return !chip.high(0); }));
  EXPECT_TRUE(until([&] { return chain.is("tripped"); }));
  EXPECT_EQ(chain.first_out(), "operator_command");
}

TEST(Gpio, TheFirstLevelTravelsInTheRequest) {
  SimChip chip;
  LineRecord record(chip);
  Chain chain("[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"high\"\n" +
              mains);
  chain.start_and_wait();
  EXPECT_TRUE(chip.high(0));
  for (const auto& change : record.changes()) {
    EXPECT_TRUE(change.line != 0 || change.high) << "a pin that is safe when high was driven low on the way";
    EXPECT_TRUE(change.line != 1 || !change.high) << "a pin that is safe when low was driven high on the way";
  }
}

TEST(Gpio, S2_WhenEverybodyDiesOnlyTheChipDecides) {
  // What the other scenarios and the matrix rely on: a holding chip keeps the level of owners that all died
  // at once.
  SimChip chip;
  Chain chain(track);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  chain.kill_all();
  EXPECT_EQ(chip.high(0), !lines_drop());
  chain.start_and_wait();  // S3: and the next start makes it safe and is a trip
  EXPECT_FALSE(chip.high(0));
  EXPECT_EQ(chain.first_out(), "unclean_end");
  EXPECT_TRUE(stays([&] { return !chip.high(0); }, 1s));
}

TEST(Gpio, S2_CuttersMakeSafeWhatADeadGuardHeld) {
  SimChip chip;
  Chain chain(track);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  ::kill(chain.pid(Who::guard), SIGKILL);
  EXPECT_TRUE(until([&] { return !chip.high(0); }, 100ms));
  // The supervisor shows what it heard last until the next guard has spoken.
  EXPECT_TRUE(until([&] {
    return chain.complete() && chain.is("tripped") && chain.first_out() != "no_record";
  })) << chain.about();
  EXPECT_EQ(chain.first_out(), "unclean_end") << chain.about();  // S3
  EXPECT_FALSE(chip.high(0));
}

TEST(Gpio, S12_AReadBackConfirms) {
  SimChip chip;
  Contact contact(chip, 0, 8);
  Chain chain(track + read_back + " }\n");
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(until([&] { return chip.high(8); }));
  chain.stop();
  EXPECT_TRUE(until([&] { return chain.look("/outputs/0/readback") == "confirmed"; })) << chain.about();
}

TEST(Gpio, S12_AWeldedContactEscalates) {
  SimChip chip;
  Contact contact(chip, 0, 8);
  Chain chain(track + "escalate = \"mains\"\n" + read_back + " }\n" + mains_later);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  ASSERT_TRUE(until([&] { return chip.high(1) && chip.high(8); }));
  contact.weld();
  chain.stop();
  EXPECT_TRUE(until([&] { return !chip.high(1); }, 2s)) << "not escalated";
  EXPECT_TRUE(until([&] { return chain.look("/outputs/0/readback") == "failed"; })) << chain.about();
  EXPECT_TRUE(until([&] { return chain.journalled("escalated"); }));
  EXPECT_NE(chain.journal().dump().find("trip not effective"), std::string::npos);
}

TEST(Gpio, S12_StartIsRefusedWhileTheReadBackShowsRun) {
  SimChip chip;
  chip.pull(8, true);
  Chain chain(track + read_back + " }\n");
  chain.start_and_wait();
  (void)chain.to_ready(1s);
  EXPECT_NE(chain.word("start").status, 200);
  EXPECT_TRUE(stays([&] { return !chip.high(0) && !chain.is("running"); }, 1s));
}

TEST(Gpio, S12_AContactThatDoesNotCloseIsNoticedWhereRunIsExpected) {
  SimChip chip;
  Contact contact(chip, 0, 8);
  Chain chain(track + read_back + ", expect_run = \"high\" }\n");
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(stays([&] { return chain.is("running"); }, 1s));
  contact.weld();
  chip.pull(8, false);
  EXPECT_TRUE(until([&] { return chain.is("tripped") && !chip.high(0); }, 1s));
  EXPECT_EQ(chain.first_out(), "output_failed");
}

TEST(Gpio, AChipThatIsPulledTripsAndComesBack) {
  SimChip chip, other("other");
  auto contact = std::make_unique<Contact>(chip, 0, 8);
  Chain chain(track + read_back + ", expect_run = \"high\" }\n" +
              "[[output]]\nid = \"far\"\nkind = \"gpio\"\nchip = \"other\"\nline = 3\nsafe = \"low\"\n");
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  ASSERT_TRUE(other.high(3));
  contact.reset();
  chip.unplug();
  EXPECT_TRUE(until([&] { return chain.is("tripped") && !other.high(3); }, 1s));
  EXPECT_TRUE(chain.has_cause("output_failed")) << chain.about();
  EXPECT_NE(chain.word("reset").status, 200);
  chip.plug();
  Contact again(chip, 0, 8);
  EXPECT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(until([&] { return chip.high(0) && other.high(3); }));
}

TEST(Gpio, AChipThatIsPulledIsNoticedWithoutAReadBackToo) {
  SimChip chip, other("other");
  Chain chain(track +
              "escalate = \"far\"\n[[output]]\nid = \"far\"\nkind = \"gpio\"\nchip = \"other\"\nline = 3\n" +
              "safe = \"low\"\n[[stage]]\nat_ms = 60000\noutput = \"far\"\n");
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  chip.unplug();
  EXPECT_TRUE(until([&] { return chain.is("tripped") && !other.high(3); }, 2s)) << chain.about();
  chip.plug();
  EXPECT_TRUE(stays([&] { return !chip.high(0) && !other.high(3); }, 1s)) << "S4";
  EXPECT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(until([&] { return chip.high(0) && other.high(3); }));
}

TEST(Gpio, ALineTakenBySomebodyElseIsACause) {
  SimChip chip;
  auto thief = std::make_unique<HeldLine>(chip, 0);
  Chain chain(track);
  chain.start_and_wait();
  EXPECT_TRUE(until([&] { return chain.has_cause("output_failed"); })) << chain.about();
  chain.word("ack");
  EXPECT_NE(chain.word("reset").status, 200);
  EXPECT_NE(chain.run_command("check").find("in use by 'thief'"), std::string::npos);
  thief.reset();
  EXPECT_TRUE(chain.to_running()) << chain.about();
  EXPECT_TRUE(until([&] { return chip.high(0); }));
}

TEST(Gpio, ThreeProcessesHoldTheLineAndNobodyElseGetsIt) {
  SimChip chip;
  Chain chain(track);
  chain.start_and_wait();
  ASSERT_TRUE(chain.to_running()) << chain.about();
  EXPECT_THROW(HeldLine(chip, 0), std::runtime_error);
  ::kill(chain.pid(Who::guard), SIGKILL);
  EXPECT_THROW(HeldLine(chip, 0), std::runtime_error) << "the cutters' duplicates hold the line";
}

}  // namespace
}  // namespace standstill::hil
