// What `check` states against what happens: each output is taken away while the plant runs, and the others
// are safe within the milliseconds that the hazard table gives for that.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/places.hpp"
#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

using nlohmann::json;

json stated_by_check(const PlantRig& rig) {
  const std::string command =
      test::program_folder() + "/standstill -c " + (rig.folder / "c.toml") + " --json check 2>/dev/null";
  std::string text;
  std::FILE* out = ::popen(command.c_str(), "r");
  for (int c; out != nullptr && (c = std::fgetc(out)) != EOF;) text += static_cast<char>(c);
  if (out != nullptr) ::pclose(out);
  return json::parse(text, nullptr, false);
}

// The strictest figure for one output in the row about the loss of another; -1 where it promises nothing.
int within_ms(const json& table, const std::string& lost, const std::string& event,
              const std::string& output) {
  int least = -1;
  for (const auto& row : table.value("hazards", json::array())) {
    if (row.value("part", "") != "output " + lost || row.value("event", "") != event) continue;
    for (const auto& cut : row["outputs"])
      if (cut.value("output", "") == output && cut.value("covered", false))
        least = least < 0 ? cut["within_ms"].get<int>() : std::min(least, cut["within_ms"].get<int>());
  }
  return least;
}

struct Removal {
  const char *output, *event;
};
void PrintTo(const Removal& one, std::ostream* out) { *out << one.output; }

class Budget : public testing::TestWithParam<Removal> {};

TEST_P(Budget, TheStatedMillisecondsHoldWhenAnOutputIsTakenAway) {
  const std::string lost = GetParam().output;
  SimPeer peer;
  const TemporaryFolder beside;
  const std::string script = beside / "script";
  std::ofstream(script) << "#!/bin/sh\n";
  ASSERT_EQ(::chmod(script.c_str(), 0700), 0);
  PlantRig rig({.port = peer.port(),
                .http = true,
                .serial_more = "escalate = \"mains\"\n",
                .more = "[[output]]\nid = \"script\"\nkind = \"program\"\nsafe = [\"" + script +
                        "\", \"off\"]\nrun = [\"" + script + "\", \"on\"]\n"});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const json table = stated_by_check(rig);
  ASSERT_TRUE(table.is_object());
  const auto epoch = rig.epoch();

  const auto removed = boot_ns();
  if (lost == "relay") rig.relay.unplug();
  if (lost == "mains") rig.http->unplug();
  if (lost == "script") {
    ASSERT_EQ(::unlink(script.c_str()), 0);
  }

  struct Other {
    const char* id;
    std::function<bool()> energised;
    std::function<std::int64_t()> safe_at;
  };
  for (const Other& other :
       {Other{"relay", [&] { return rig.relay.energised(); }, [&] { return rig.relay.safe_at(); }},
        Other{"mains", [&] { return rig.http->energised(); }, [&] { return rig.http->safe_at(); }}}) {
    if (other.id == lost) continue;
    const int stated = within_ms(table, lost, GetParam().event, other.id);
    ASSERT_GT(stated, 0) << "check promises nothing for " << other.id << ": " << table["hazards"].dump(1);
    EXPECT_LT(stated, 20000) << "a promise that nobody can wait for";
    ASSERT_TRUE(rig.until([&] { return !other.energised(); }, 60s)) << other.id << " was never cut";
    const double measured = static_cast<double>(other.safe_at() - removed) / 1e6;
    EXPECT_GE(measured, 0) << other.id << " was safe before anything was taken away";
    EXPECT_LE(measured, stated) << other.id;
    std::printf("%s taken away: %s safe after %.0f ms, stated %d ms\n", lost.c_str(), other.id, measured,
                stated);
  }
  EXPECT_TRUE(rig.until([&] { return rig.state() == "tripped" && rig.epoch() == epoch + 1; }));
  EXPECT_EQ(rig.first_out(), "output_failed");
  EXPECT_EQ(rig.look("/first_out/source"), lost);
}

INSTANTIATE_TEST_SUITE_P(Each, Budget,
                         testing::Values(Removal{"relay", "is unplugged"},
                                         Removal{"mains", "cannot be reached"},
                                         Removal{"script", "has no program any more"}),
                         [](const auto& one) { return std::string(one.param.output); });

}  // namespace
}  // namespace standstill::test
