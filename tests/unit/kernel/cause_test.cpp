#include "kernel/cause.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

namespace standstill {
namespace {

// Causes cross sockets and lie on disk as they are.
static_assert(std::is_trivially_copyable_v<Cause>);

TEST(CauseCodes, AreTheContractsAndReadBack) {
  const std::set<std::string_view> contract{
      "link_lost",        "link_frozen",      "limit",        "sensor_fault",    "signal_lost",
      "power_lost",       "memory_low",       "loop_overrun", "supervisor_lost", "guard_lost",
      "output_failed",    "unclean_end",      "no_record",    "resumed",         "button_press",
      "operator_command", "safety_interlock", "device_fault", "software_error"};
  std::set<std::string_view> ours;
  for (std::size_t i = 1; i < cause_code_names.size(); ++i) {
    ours.insert(cause_code_names[i]);
    EXPECT_EQ(cause_code(cause_code_names[i]), static_cast<CauseCode>(i));
    EXPECT_EQ(name(static_cast<CauseCode>(i)), cause_code_names[i]);
  }
  EXPECT_EQ(ours, contract);
}

TEST(CauseCodes, WhatIsNoCodeIsNone) {
  EXPECT_EQ(cause_code("none"), std::nullopt) << "nobody can stop for no reason";
  EXPECT_EQ(cause_code(""), std::nullopt);
  EXPECT_EQ(cause_code("LIMIT"), std::nullopt);
  EXPECT_EQ(name(static_cast<CauseCode>(200)), "unknown");
}

TEST(CauseCodes, TravelOnTheBusAsTheFiveReasonsOfItsSchema) {
  const std::set<std::string_view> schema{"button_press", "operator_command", "safety_interlock",
                                          "device_fault", "software_error"};
  for (std::size_t i = 0; i < cause_code_names.size(); ++i)
    EXPECT_TRUE(schema.contains(name(bus_reason(static_cast<CauseCode>(i))))) << cause_code_names[i];
  for (const auto code :
       {CauseCode::limit, CauseCode::sensor_fault, CauseCode::signal_lost, CauseCode::power_lost})
    EXPECT_EQ(bus_reason(code), CauseCode::safety_interlock);
  for (const auto code : {CauseCode::link_lost, CauseCode::link_frozen, CauseCode::output_failed})
    EXPECT_EQ(bus_reason(code), CauseCode::device_fault);
  for (const auto code :
       {CauseCode::memory_low, CauseCode::loop_overrun, CauseCode::supervisor_lost, CauseCode::guard_lost})
    EXPECT_EQ(bus_reason(code), CauseCode::software_error);
}

TEST(FixedText, CutsAtACharacterBorderAndEndsInNul) {
  EXPECT_EQ(FixedText<4>("abcdef").view(), "abc");
  EXPECT_EQ(FixedText<4>("ab\xC3\xA4").view(), "ab") << "half an umlaut is no text";
  EXPECT_EQ(FixedText<5>("ab\xC3\xA4").view(), "ab\xC3\xA4");
  EXPECT_EQ(FixedText<4>("").view(), "");
  FixedText<4> text("abc");
  text.assign("x");
  EXPECT_EQ(text, FixedText<4>("x")) << "nothing of the old text may remain";
}

}  // namespace
}  // namespace standstill
