// The hazard table: every output, read-back and escalation is taken away in turn, and the table must say so.
#include "supervise/hazard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "supervise/plan_compiler.hpp"

namespace standstill::supervise {
namespace {

using config::milliseconds;

constexpr const char* head = R"(
[site]
name = "club"
state_dir = "/tmp/club"
[[link]]
id = "layout"
kind = "rocrail"
host = "127.0.0.1"
probe_ms = 1000
silence_ms = 3000
)";
constexpr const char* track = R"(
[[output]]
id = "track"
kind = "gpio"
chip = "/dev/gpiochip0"
line = 17
safe = "low"
readback = { kind = "gpio", chip = "/dev/gpiochip0", line = 27, expect = "low", expect_run = "high", within_ms = 50 }
escalate = "mains"
)";
constexpr const char* mains = R"(
[[output]]
id = "mains"
kind = "http"
timeout_ms = 2000
safe = { method = "POST", url = "http://127.0.0.1/off" }
run = { method = "POST", url = "http://127.0.0.1/on" }
)";
constexpr const char* relay = R"(
[[output]]
id = "relay"
kind = "serial"
device = "/dev/ttyS0"
baud = 9600
safe = "RELAY_OFF\n"
run = "RELAY_ON\n"
)";

constexpr const char* bus = R"(
[bus]
kind = "redis"
url = "redis://127.0.0.1"
instance = "bench-1"
lease_ms = 2000
key_file = "/tmp/bus.key"
)";

std::string without(std::string text, const std::string& line_begin) {
  const auto at = text.find("\n" + line_begin);
  return at == std::string::npos ? text : text.erase(at, text.find('\n', at + 1) - at);
}

HazardTable table(const std::string& text) {
  const auto config = config::load_text(text);
  if (!config) {
    for (const auto& problem : config.error()) ADD_FAILURE() << to_string(problem);
    return {};
  }
  const auto plan = compile_plan(*config);
  if (!plan) {
    ADD_FAILURE() << plan.error();
    return {};
  }
  return hazard_table(*config, *plan->plan);
}

Hazard row(const HazardTable& table, const std::string& part, const std::string& event) {
  const auto found = std::ranges::find_if(table.rows, [&](const Hazard& one) {
    return one.part == part && one.event.find(event) != std::string::npos;
  });
  if (found != table.rows.end()) return *found;
  ADD_FAILURE() << "no row for " << part << " " << event;
  return {};
}

milliseconds within(const Hazard& row, const std::string& output) {
  for (const auto& cut : row.cuts)
    if (cut.output == output && cut.covered) return cut.within();
  return milliseconds(-1);
}

TEST(Hazard, S2_EveryProcessIsCoveredForEveryOutput) {
  const auto all = table(std::string(head) + track + mains + relay);
  for (const char* part : {"supervisor", "guard", "cutter 1", "cutter 2"})
    for (const char* event : {"killed", "stopped"}) {
      const auto one = row(all, part, event);
      EXPECT_EQ(one.cover, Cover::covered) << part << " " << event;
      EXPECT_EQ(one.cuts.size(), 3U) << part << " " << event;
    }
}

TEST(Hazard, FiguresFollowThePlan) {
  const std::string text = std::string("[guard]\npermit_timeout_ms = 400\nheartbeat_timeout_ms = 80\n") +
                           head + track + mains + relay;
  const auto all = table(text);
  // One loop: 80 / 4 = 20 ms. A line takes 1 ms; 11 characters of 12 bits at 9600 baud take 13.75 ms.
  EXPECT_EQ(within(row(all, "supervisor", "killed"), "track"), milliseconds(10 + 1));
  EXPECT_EQ(within(row(all, "supervisor", "stopped"), "track"), milliseconds(400 + 20 + 1));
  EXPECT_EQ(within(row(all, "guard", "killed"), "track"), milliseconds(10 + 1));
  EXPECT_EQ(within(row(all, "guard", "stopped"), "track"), milliseconds(80 + 20 + 1));
  EXPECT_EQ(within(row(all, "guard", "stopped"), "relay"), milliseconds(80 + 20 + 14));
  EXPECT_EQ(within(row(all, "cutter 1", "stopped"), "relay"), milliseconds(80 + 20 + 80 + 14));
  EXPECT_EQ(within(row(all, "cutter 2", "stopped"), "track"), milliseconds(80 + 20 + 1))
      << "a line needs no takeover";
  EXPECT_EQ(within(row(all, "guard", "killed"), "mains"), milliseconds(10 + 2000));
  EXPECT_EQ(within(row(all, "link layout", "falls silent"), "track"), milliseconds(1000 + 3000 + 20 + 1));
  EXPECT_EQ(within(row(all, "link layout", "ends without"), "track"), milliseconds(20 + 1));
  EXPECT_EQ(within(row(table(text + bus), "bus", "cannot be heard"), "track"),
            milliseconds(2000 + 100 + 20 + 1));
}

TEST(Hazard, OneLoopIsNeverStatedBelowTenMilliseconds) {
  plan::Plan plan;
  plan.heartbeat_timeout_ms = 20;
  EXPECT_EQ(one_loop(plan), milliseconds(10));
  plan.heartbeat_timeout_ms = 101;
  EXPECT_EQ(one_loop(plan), milliseconds(26)) << "rounded up, so that it stays a bound";
}

TEST(Hazard, EachOutputTakenAwayIsMissed) {
  const std::string unescalated = without(track, "escalate");
  struct Case {
    const char* gone;
    std::string text;
  };
  for (const auto& [gone, text] : {Case{"relay", unescalated + mains}, Case{"mains", unescalated + relay},
                                   Case{"track", std::string(mains) + relay}}) {
    const auto all = table(head + text);
    for (const auto& one : all.rows)
      for (const auto& cut : one.cuts) EXPECT_NE(cut.output, gone) << one.part << " " << one.event;
    EXPECT_EQ(row(all, "supervisor", "killed").cuts.size(), 2U);
    EXPECT_EQ(std::ranges::count_if(
                  all.rows, [&](const Hazard& one) { return one.part == std::string("output ") + gone; }),
              0);
  }
}

TEST(Hazard, NoOutputAtAllCoversNothing) {
  const auto all = table(head);
  EXPECT_EQ(row(all, "supervisor", "killed").cover, Cover::not_covered);
  EXPECT_NE(row(all, "supervisor", "killed").remedy.find("[[output]]"), std::string::npos);
  EXPECT_EQ(row(all, "guard", "stopped").cover, Cover::not_covered);
}

TEST(Hazard, S12_AWeldedContactNeedsReadbackAndEscalation) {
  const auto both = table(std::string(head) + track + mains);
  const auto covered = row(both, "output track", "stays energised");
  EXPECT_EQ(covered.cover, Cover::covered);
  EXPECT_EQ(covered.cuts.front().output, "mains");
  EXPECT_EQ(within(covered, "mains"), milliseconds(50 + 25 + 2000));

  const auto alone =
      row(table(std::string(head) + without(track, "escalate") + mains), "output track", "stays energised");
  EXPECT_EQ(alone.cover, Cover::not_covered);
  EXPECT_NE(alone.remedy.find("escalate"), std::string::npos);

  const auto blind =
      row(table(std::string(head) + without(track, "readback") + mains), "output track", "stays energised");
  EXPECT_EQ(blind.cover, Cover::not_covered);
  EXPECT_NE(blind.remedy.find("readback"), std::string::npos);
}

TEST(Hazard, AnUnpluggedRelayKeepsItsState) {
  const auto all = table(std::string(head) + track + mains + relay);
  const auto cable = row(all, "output relay", "unplugged");
  EXPECT_EQ(cable.cover, Cover::not_covered);
  EXPECT_EQ(within(cable, "relay"), milliseconds(-1));
  EXPECT_EQ(within(cable, "track"), milliseconds(250 + 25 + 1)) << "the others are cut";
  const std::string escalating = std::string(relay) + "escalate = \"track\"\n";
  EXPECT_EQ(row(table(std::string(head) + track + mains + escalating), "output relay", "unplugged").cover,
            Cover::covered);
}

// As tests/hil saw it: Gpio.AChipThatIsPulledIsNoticedWithoutAReadBackToo.
TEST(Hazard, AChipThatIsPulledIsNoticedWithoutAReadbackToo) {
  const std::string event = "loses its GPIO chip", plain = without(track, "readback");
  const auto alone =
      row(table(std::string(head) + without(plain, "escalate") + relay), "output track", event);
  EXPECT_EQ(alone.cover, Cover::not_covered);
  EXPECT_EQ(within(alone, "track"), milliseconds(-1));
  EXPECT_EQ(within(alone, "relay"), milliseconds(500 + 25 + 14)) << "the others are cut";
  EXPECT_NE(alone.remedy.find("escalate"), std::string::npos);
  EXPECT_EQ(row(table(std::string(head) + plain + mains), "output track", event).cover, Cover::covered);
  const auto seen = row(table(std::string(head) + track + mains + relay), "output track", event);
  EXPECT_EQ(within(seen, "relay"), milliseconds(25 + 14)) << "a read-back sees it at once";
}

TEST(Hazard, AReadbackThatIsOnlySafeToReadHidesAFault) {
  const auto checked = table(std::string(head) + track + mains);
  EXPECT_EQ(row(checked, "read-back of track", "stuck").cover, Cover::covered);
  std::string text = track;
  text.replace(text.find(", expect_run = \"high\""), 21, "");
  const auto hidden = row(table(std::string(head) + text + mains), "read-back of track", "stuck");
  EXPECT_EQ(hidden.cover, Cover::not_covered);
  EXPECT_NE(hidden.remedy.find("expect_run"), std::string::npos);
}

TEST(Hazard, StagesDelayATripAndNotALostGuard) {
  const std::string stages =
      "[[stage]]\nat_ms = 0\nsend = { link = \"layout\", command = \"ebreak\" }\n[[stage]]\nat_ms = "
      "700\noutput = \"relay\"\n";
  const std::string button =
      "[[watch]]\nid = \"red\"\nkind = \"demand\"\nchip = \"/dev/gpiochip0\"\nline = 22\nclosed = "
      "\"low\"\nbias = \"pull-up\"\n";
  const auto all = table(std::string(head) + relay + button + stages);
  EXPECT_EQ(within(row(all, "watch red", "pressed"), "relay"), milliseconds(25 + 700 + 14));
  EXPECT_EQ(within(row(all, "link layout", "ends without"), "relay"), milliseconds(25 + 14))
      << "a send to a lost link is skipped";
  EXPECT_EQ(within(row(all, "supervisor", "killed"), "relay"), milliseconds(10 + 14));
  EXPECT_EQ(within(row(all, "guard", "killed"), "relay"), milliseconds(10 + 14)) << "cutters know no stages";
}

TEST(Hazard, AFrozenMachineIsNotCovered) {
  const auto all = table(std::string(head) + track + mains);
  const auto frozen = row(all, "machine", "freezes");
  EXPECT_EQ(frozen.cover, Cover::not_covered);
  EXPECT_NE(frozen.remedy.find("watchdog"), std::string::npos);
}

constexpr const char* dog = R"(
[[output]]
id = "dog"
kind = "watchdog"
device = "/dev/watchdog"
expires_ms = 5000
)";
constexpr const char* pump = R"(
[[output]]
id = "pump"
kind = "watchdog"
chip = "/dev/gpiochip0"
line = 12
pulse_ms = 10
expires_ms = 300
)";

TEST(Hazard, APulsedLineCoversItsOwnPowerOnly) {
  const auto both = table(std::string(head) + relay + pump);
  const auto frozen = row(both, "machine", "freezes");
  EXPECT_EQ(frozen.cover, Cover::not_covered);
  EXPECT_EQ(within(frozen, "pump"), milliseconds(300));
  EXPECT_EQ(within(frozen, "relay"), milliseconds(-1));
  EXPECT_EQ(row(table(std::string(head) + pump), "machine", "freezes").cover, Cover::covered);
  // Cut by a process it drops as late: its pump has to run dry.
  EXPECT_EQ(within(row(both, "guard", "killed"), "pump"), milliseconds(10 + 300));
  EXPECT_EQ(row(both, "output pump", "loses its GPIO chip").cover, Cover::covered);
}

TEST(Hazard, AWatchdogDeviceCoversPinsByAResetAndNothingOnACable) {
  const auto all = table(std::string(head) + track + mains + dog);
  const auto frozen = row(all, "machine", "freezes");
  EXPECT_EQ(within(frozen, "track"), milliseconds(5000));
  EXPECT_EQ(within(frozen, "mains"), milliseconds(-1));
  EXPECT_EQ(frozen.cover, Cover::not_covered);
  EXPECT_NE(frozen.remedy.find("external pull"), std::string::npos);
  for (const auto& cut : row(all, "guard", "killed").cuts)
    EXPECT_NE(cut.output, "dog") << "nobody cuts a watchdog device";
  EXPECT_EQ(row(all, "output dog", "is gone").by, "it takes no sign of life");
}

constexpr const char* board = R"(
[[output]]
id = "board"
kind = "guard-board"
device = "/dev/ttyACM0"
timeout_ms = 700
)";

TEST(Hazard, AnExternalGuardCoversAFrozenMachineByItself) {
  const auto all = table(std::string(head) + relay + board);
  // Its time-out and one cycle of 5 ms.
  const auto frozen = row(all, "machine", "freezes");
  EXPECT_EQ(within(frozen, "board"), milliseconds(705));
  EXPECT_EQ(within(frozen, "relay"), milliseconds(-1));
  EXPECT_EQ(row(table(std::string(head) + board), "machine", "freezes").cover, Cover::covered);
  // No cutter holds its line.
  EXPECT_EQ(within(row(all, "guard", "killed"), "board"), milliseconds(705));
  // The guard does: 59 bytes of 10 bits at 115200 baud are 5.1 ms, and a cycle of 5.
  EXPECT_EQ(within(row(all, "supervisor", "killed"), "board"), milliseconds(10 + 6 + 5));
  const auto unplugged = row(all, "output board", "unplugged");
  EXPECT_EQ(unplugged.cover, Cover::covered);
  EXPECT_EQ(within(unplugged, "board"), milliseconds(705));
  EXPECT_EQ(row(all, "output board", "hangs").cover, Cover::covered);
  EXPECT_EQ(row(all, "output board", "both relays").cover, Cover::not_covered);
  EXPECT_EQ(
      row(table(std::string(head) + mains + board + "escalate = \"mains\"\n"), "output board", "both relays")
          .cover,
      Cover::covered);
  for (const auto& line : all.not_fail_safe) EXPECT_EQ(line.find("board"), std::string::npos) << line;
}

TEST(Hazard, ALinkThatIsNotCriticalIsAChoice) {
  std::string text = head;
  text += "critical = false\n";
  const auto all = table(text + mains);
  EXPECT_EQ(row(all, "link layout", "is lost").cover, Cover::by_choice);
}

TEST(Hazard, NetworkOutputsAreListedAsNotFailSafe) {
  const auto all = table(std::string(head) + track + mains + relay);
  ASSERT_EQ(all.not_fail_safe.size(), 2U);
  EXPECT_TRUE(all.not_fail_safe[0].starts_with("mains:"));
  EXPECT_TRUE(all.not_fail_safe[1].starts_with("relay:"));
}

TEST(Hazard, JsonSaysWhatTheTableSays) {
  const auto json = to_json(table(std::string(head) + relay));
  ASSERT_TRUE(json.contains("hazards"));
  for (const auto& one : json["hazards"]) {
    if (one["cover"] == "covered") {
      EXPECT_TRUE(one["within_ms"].is_number()) << one.dump();
    } else {
      EXPECT_TRUE(one["within_ms"].is_null()) << one.dump();
    }
    if (one["cover"] == "NOT COVERED") {
      EXPECT_FALSE(one["remedy"].get<std::string>().empty()) << one.dump();
    }
    for (const auto& cut : one["outputs"])
      if (cut["covered"].get<bool>()) {
        EXPECT_EQ(cut["within_ms"].get<int>(), cut["notice_ms"].get<int>() + cut["stage_ms"].get<int>() +
                                                   cut["takeover_ms"].get<int>() + cut["act_ms"].get<int>());
      }
  }
}

}  // namespace
}  // namespace standstill::supervise
