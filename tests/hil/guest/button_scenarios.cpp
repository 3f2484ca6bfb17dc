// Buttons on real GPIO inputs: a normally-closed contact to ground, the line pulled up; open, broken and
// pressed are one.
#include <gtest/gtest.h>

#include "hil/guest/chain.hpp"
#include "hil/guest/line_record.hpp"
#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {
namespace {

constexpr int track = 0, a = 4, b = 5;
const std::string plant =
    "[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n"
    "[[watch]]\nid = \"red\"\nkind = \"demand\"\nchip = \"sim\"\nline = 4\nclosed = \"low\"\n";
const std::string two_channels = plant + "line_b = 5\ndiscrepancy_ms = 50\n";

struct Panel {
  explicit Panel(const std::string& toml) : chain(toml) {
    chain.start_and_wait();
    both(false);
    if (!chain.to_running() || !until([&] { return chip.high(track); }))
      throw std::runtime_error("not running\n" + chain.about());
    epoch = chain.epoch();
    record.clear();
  }
  void both(bool open) const {
    chip.pull(a, open);
    chip.pull(b, open);
  }
  // From `since` to the moment the track's line went safe; -1 when it did not.
  [[nodiscard]] std::int64_t cut_after_us(std::int64_t since) const {
    if (!until([&] { return !chip.high(track); })) return -1;
    const auto changes = record.changes_of(track, true);
    return changes.empty() ? -1 : changes.front().at_us - since;
  }

  SimChip chip;
  LineRecord record{chip};
  Chain chain;
  std::uint64_t epoch = 0;
};

TEST(Button, S1_APressTripsAtOnce) {
  Panel panel(plant);
  const auto pressed = boot_us();
  panel.chip.pull(a, true);
  const auto took = panel.cut_after_us(pressed);
  EXPECT_GE(took, 0);
  EXPECT_LT(took, 10'000) << "us";
  EXPECT_TRUE(until([&] { return panel.chain.is("tripped"); }));
  EXPECT_EQ(panel.chain.first_out(), "button_press");
  panel.chain.word("ack");
  EXPECT_NE(panel.chain.word("reset").status, 200) << "reset while pressed";  // S5
  panel.chip.pull(a, false);
  EXPECT_TRUE(stays([&] { return !panel.chip.high(track); }, 500ms)) << "S4: releasing the button energised";
  EXPECT_TRUE(panel.chain.to_ready()) << panel.chain.about();
}

TEST(Button, S10_ABounceOf40EdgesIsOneTrip) {
  Panel panel(plant);
  const auto pressed = boot_us();
  for (int edge = 0; edge < 40; ++edge) panel.chip.pull(a, edge % 2 == 0);
  panel.chip.pull(a, true);
  EXPECT_LT(panel.cut_after_us(pressed), 10'000);
  EXPECT_TRUE(until([&] { return panel.chain.is("tripped"); }));
  EXPECT_TRUE(stays([&] { return panel.chain.epoch() == panel.epoch + 1; }, 500ms)) << panel.chain.about();
}

TEST(Button, ATapThatIsOverBeforeAnybodyLooksStillTrips) {
  Panel panel(plant);
  panel.chip.pull(a, true);
  panel.chip.pull(a, false);
  EXPECT_TRUE(until([&] { return panel.chain.is("tripped") && !panel.chip.high(track); }));
  EXPECT_EQ(panel.chain.first_out(), "button_press");
}

TEST(Button, ABrokenWireIsAPress) {
  // The contact's wire breaks while the plant is tripped: the pull-up makes the line high, and nothing can be
  // reset.
  Panel panel(plant);
  panel.chain.stop();
  EXPECT_TRUE(until([&] { return panel.chain.is("tripped"); }));
  panel.chip.pull(a, true);
  EXPECT_TRUE(until([&] { return panel.chain.has_cause("button_press"); }));
  panel.chain.word("ack");
  EXPECT_TRUE(stays([&] { return panel.chain.word("reset").status != 200; }, 500ms));
}

TEST(Button, AChipThatVanishesUnderAButtonTrips) {
  SimChip buttons("panel");
  SimChip chip;
  Chain chain(
      "[[output]]\nid = \"track\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n"
      "[[watch]]\nid = \"red\"\nkind = \"demand\"\nchip = \"panel\"\nline = 4\nclosed = \"low\"\n");
  chain.start_and_wait();
  buttons.pull(4, false);
  ASSERT_TRUE(chain.to_running()) << chain.about();
  buttons.unplug();
  EXPECT_TRUE(until([&] { return chain.is("tripped") && !chip.high(track); }, 1s)) << chain.about();
  EXPECT_EQ(chain.first_out(), "sensor_fault");
  buttons.plug();
  EXPECT_TRUE(until([&] { return chain.has_cause("button_press"); }));
  buttons.pull(4, false);
  EXPECT_TRUE(chain.to_running()) << chain.about();
}

TEST(Button, TwoChannelsThatAgreeTripAndRelease) {
  Panel panel(two_channels);
  const auto pressed = boot_us();
  panel.both(true);
  EXPECT_LT(panel.cut_after_us(pressed), 10'000);
  EXPECT_EQ(panel.chain.first_out(), "button_press");
  panel.both(false);
  EXPECT_TRUE(panel.chain.to_ready()) << panel.chain.about();
}

TEST(Button, AWeldedChannelIsAFaultUntilBothWereOpenTogether) {
  Panel panel(two_channels);
  const auto pressed = boot_us();
  panel.chip.pull(a, true);  // the other contact is welded
  EXPECT_LT(panel.cut_after_us(pressed), 10'000) << "one channel alone must trip";
  EXPECT_TRUE(until([&] { return panel.chain.has_cause("sensor_fault"); })) << panel.chain.about();
  panel.chip.pull(a, false);
  panel.chain.word("ack");
  EXPECT_TRUE(stays([&] { return panel.chain.word("reset").status != 200; }, 500ms))
      << "closing again proved nothing";
  panel.both(true);
  (void)stays([] { return true; }, 50ms);
  panel.both(false);
  EXPECT_TRUE(panel.chain.to_ready()) << panel.chain.about();
}

}  // namespace
}  // namespace standstill::hil
