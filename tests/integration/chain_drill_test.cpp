// Rehearsals on the real chain, and a plan as large as they come.
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/plant_rig.hpp"
#include "support/sim_peer.hpp"

namespace standstill::test {
namespace {

double number(const std::string& json, const std::string& pointer) {
  const std::string text = PlantRig::pick(json, pointer);
  return text == "null" || text == "?" ? -1 : std::strtod(text.c_str(), nullptr);
}

TEST(ChainDrill, BreaksTheRealLinkAndMeasuresTheWay) {
  SimPeer peer;
  PlantRig rig({.port = peer.port(), .serial_more = "expect_reply = \"OK\"\nexpect_reply_run = \"OK\"\n"});
  rig.start_and_wait();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig.post("/api/v1/drill", "{\"link\":\"layout\"}").status, 409)
      << "a drill without a running plant";
  EXPECT_EQ(rig.post("/api/v1/prooftest").status, 409);
  rig.to_running();
  const auto begun = boot_ns();
  const auto report = rig.post("/api/v1/drill", "{\"link\":\"layout\"}");
  const double measured = static_cast<double>(rig.relay.safe_at() - begun) / 1e6;
  ASSERT_EQ(report.status, 200) << report.body;
  EXPECT_EQ(PlantRig::pick(report.body, "/passed"), "true") << report.body;
  EXPECT_GE(number(report.body, "/detected_ms"), 0) << report.body;
  EXPECT_LE(number(report.body, "/detected_ms"), number(report.body, "/tripped_ms")) << report.body;
  EXPECT_GE(number(report.body, "/outputs/0/confirmed_ms"), 0) << report.body;
  EXPECT_LE(number(report.body, "/outputs/0/commanded_ms"), measured + 5)
      << "claims to have been slower than the relay saw";
  EXPECT_GE(number(report.body, "/outputs/0/confirmed_ms") + 2000, measured) << report.body;
  EXPECT_FALSE(PlantRig::read(PlantRig::pick(report.body, "/report")).empty());
  EXPECT_EQ(rig.first_out(), "link_lost");
  rig.to_running();
  const auto proof = rig.post("/api/v1/prooftest", "{\"output\":\"relay\"}");
  ASSERT_EQ(proof.status, 200) << proof.body;
  EXPECT_EQ(PlantRig::pick(proof.body, "/passed"), "true") << proof.body;
  EXPECT_FALSE(PlantRig::read(PlantRig::pick(proof.body, "/reports/0/report")).empty()) << proof.body;
  EXPECT_FALSE(rig.relay.energised());
  rig.to_running();
  rig.relay.answer_with(false);
  const auto failed = rig.post("/api/v1/prooftest", "{\"output\":\"relay\"}");
  EXPECT_EQ(PlantRig::pick(failed.body, "/passed"), "false") << "a relay that did not confirm has passed";
}

TEST(ChainDrill, APlanOfTwentyThousandObjectsTripsNothing) {
  SimPeer peer;
  PlantRig rig({.port = peer.port()});
  rig.start_and_wait();
  rig.to_running();
  ASSERT_FALSE(HasFatalFailure());
  const auto epoch = rig.epoch();
  EXPECT_EQ(PlantRig::pick(peer.tell("big 20000"), "/ok"), "true");
  peer.tell(
      "restart 100");  // the link is lost and the large plan arrives; from then on nothing may stand still
  EXPECT_TRUE(
      rig.until([&] { return rig.epoch() == epoch + 1 && rig.look("/links/0/state") == "online"; }, 30s));
  rig.to_running();
  EXPECT_TRUE(rig.until([&] { return rig.live_export().size() > 1'000'000; }, 30s))
      << rig.live_export().size();
  ::usleep(500'000);
  EXPECT_EQ(rig.state(), "running") << rig.get("/api/v1/state").body;
  EXPECT_EQ(rig.epoch(), epoch + 1);
  EXPECT_LT(std::atoi(rig.look("/guard/permit_age_ms").c_str()), 1000);
}

}  // namespace
}  // namespace standstill::test
