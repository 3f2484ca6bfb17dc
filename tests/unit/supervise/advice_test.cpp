// What `why` says should be done: about the thing that failed, and no other.
#include <gtest/gtest.h>

#include "supervise/view.hpp"

namespace standstill::supervise {
namespace {

std::string advice_about(const std::string& source, CauseCode code) {
  View view;
  view.guard_connected = true;
  view.guard.state = LatchState::tripped;
  view.sources.push_back({source, Standing::present, true, "it is so"});
  CauseView cause;
  cause.cause.code = code;
  cause.cause.present = true;
  view.causes.push_back(cause);
  const auto all = blockers(view, Instant{});
  return all.empty() ? "" : all.front().advice;
}

TEST(Advice, ADeviceFaultSendsNobodyToAnotherDevice) {
  EXPECT_EQ(advice_about("press.cpu", CauseCode::device_fault),
            "look at the PLC: whether its CPU runs, and whether it allows what the link asks for");
  EXPECT_EQ(advice_about("layout.station", CauseCode::device_fault), "look at the command station");
  EXPECT_EQ(advice_about("pump-healthy", CauseCode::device_fault),
            "look at the device that 'pump-healthy' is about");
  EXPECT_EQ(advice_about("layout.station", CauseCode::power_lost), "look at the command station");
}

}  // namespace
}  // namespace standstill::supervise
