// Recorded servers through a real socket, whole, in pieces and byte by byte: what comes out must be the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "support/plant_rig.hpp"
#include "support/played_server.hpp"

namespace standstill::test {
namespace {

std::string exported(const std::string& recording, Pieces pieces, const std::string& expected) {
  PlayedServer server(recording, pieces, PlayedEnd::none);
  PlantRig rig({.port = server.port()});
  rig.start_and_wait();
  if (testing::Test::HasFatalFailure()) return {};
  server.release();
  std::string got, before = "-";
  if (expected.empty()) {  // the reference: what it is when nothing changes any more
    EXPECT_TRUE(rig.until([&] {
      ::usleep(400'000);
      before = std::exchange(got, rig.live_export());
      return got == before && got.find("\"model\": null") == std::string::npos;
    }));
  } else {
    rig.until([&] { return (got = rig.live_export()) == expected; });
  }
  return got;
}

class Recorded : public testing::TestWithParam<const char*> {};

TEST_P(Recorded, ComesOutTheSameInWhateverPiecesItArrives) {
  const std::string recording = GetParam();
  const std::string whole = exported(recording, Pieces::whole, {});
  for (const char* known : {"\"sw1\"", "\"bk1\"", "\"fb1\""})
    EXPECT_NE(whole.find(known), std::string::npos) << known;
  EXPECT_EQ(exported(recording, Pieces::random, whole), whole);
  EXPECT_EQ(exported(recording, Pieces::bytes, whole), whole);
}

INSTANTIATE_TEST_SUITE_P(Export, Recorded,
                         testing::Values("02-plan", "03-session-commands-A", "03-session-commands-observer-B",
                                         "05-shutdown-SIGTERM", "07-kill-9", "14a-before-crash",
                                         "14b-after-restart"),
                         [](const auto& one) {
                           std::string name = std::string("Recording") + one.param;
                           std::erase(name, '-');
                           return name;
                         });

std::string alerts_to(const std::string& file, const std::string& on = "") {
  return "[[alert]]\nid = \"bell\"\nkind = \"program\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> " + file +
         "; echo >> " + file + "\"]\n" + on;
}

constexpr std::array all_pieces{Pieces::whole, Pieces::random, Pieces::bytes};

class Goodbye : public testing::TestWithParam<std::tuple<const char*, Pieces>> {};

TEST_P(Goodbye, S8_IsNoTripAndMakesSafeQuietly) {
  const auto [recording, pieces] = GetParam();
  PlayedServer server(recording, pieces, PlayedEnd::close);
  const TemporaryFolder beside;
  PlantRig rig({.port = server.port(), .http = true, .program = true, .more = alerts_to(beside / "alerts")});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch();
  const std::string alerts = PlantRig::read(beside / "alerts");
  server.release();
  EXPECT_TRUE(rig.until([&] { return rig.all_safe() && rig.state() == "ready"; }))
      << rig.get("/api/v1/state").body;
  ::usleep(700'000);
  EXPECT_EQ(rig.state(), "ready");
  EXPECT_EQ(rig.epoch(), epoch);
  EXPECT_EQ(PlantRig::read(beside / "alerts"), alerts) << "a goodbye was alerted";
  const auto refused = rig.word("start", epoch);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("layout"), std::string::npos) << refused.body;
}

INSTANTIATE_TEST_SUITE_P(Recorded, Goodbye,
                         testing::Combine(testing::Values("04-shutdown-by-client-cmd", "05-shutdown-SIGTERM",
                                                          "06-shutdown-SIGINT"),
                                          testing::ValuesIn(all_pieces)));

struct Crash {
  const char* recording;
  PlayedEnd end;
};
class Lost : public testing::TestWithParam<std::tuple<Crash, Pieces>> {};

TEST_P(Lost, S8_IsExactlyOneTrip) {
  const auto& [crash, pieces] = GetParam();
  const bool silent = crash.end == PlayedEnd::silence;
  PlayedServer server(crash.recording, pieces, crash.end);
  const TemporaryFolder beside;
  PlantRig rig({.port = server.port(),
                .http = true,
                .program = true,
                .probe_ms = silent ? 300 : 1000,
                .silence_ms = silent ? 600 : 20000,
                .more = alerts_to(beside / "alerts")});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch();
  ::unlink((beside / "alerts").c_str());
  const auto trips = rig.journalled("trip");
  server.release();
  EXPECT_TRUE(rig.until([&] { return rig.state() == "tripped"; })) << rig.get("/api/v1/state").body;
  EXPECT_TRUE(rig.until([&] { return rig.all_safe(); }));
  ::usleep(700'000);
  EXPECT_EQ(rig.epoch(), epoch + 1);
  EXPECT_EQ(rig.first_out(), "link_lost");
  EXPECT_EQ(rig.look("/first_out/source"), "layout");
  EXPECT_TRUE(rig.until([&] { return rig.journalled("trip") == trips + 1; }));
  EXPECT_TRUE(rig.until([&] {
    return PlantRig::read(beside / "alerts").find("link_lost") != std::string::npos;
  })) << "nobody was told";
  const std::string told = PlantRig::read(beside / "alerts");
  EXPECT_NE(told.find("\"event\":\"trip\""), std::string::npos) << told;
  // The supervisor cuts before the guard knows why: what the outputs answer belongs to the new epoch all the
  // same.
  EXPECT_TRUE(rig.until([&] { return rig.journalled("output_confirmed", epoch + 1) >= 3; })) << rig.journal();
  EXPECT_EQ(told.find("\"event\":\"trip\""), told.rfind("\"event\":\"trip\"")) << told;
}

INSTANTIATE_TEST_SUITE_P(Recorded, Lost,
                         testing::Combine(testing::Values(Crash{"07-kill-9", PlayedEnd::close},
                                                          Crash{"08-crash-SIGSEGV", PlayedEnd::close},
                                                          Crash{"07-kill-9", PlayedEnd::reset},
                                                          Crash{"09-hang-SIGSTOP", PlayedEnd::silence},
                                                          Crash{"16-console-mode-false-shutdown",
                                                                PlayedEnd::close}),
                                          testing::ValuesIn(all_pieces)));

}  // namespace
}  // namespace standstill::test
