// A stop as the format's page has it, written out by hand.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace standstill::estop {

inline const std::string stop_text =
    R"({"envelope":{"id":"0f8fad5b-d9cb-469f-a165-70867728950e","timestamp":"2026-01-31T12:00:00.000Z",)"
    R"("source":{"service":"station_firmware","instance":"bench-2","version":"1.4.0"},"schema_version":"v1.0.0",)"
    R"("type":"system.emergency_stop"},"payload":{"reason":"button_press","description":"red button",)"
    R"("initiator":"operator"}})";

// The same text with one part of it put otherwise; the part must be there.
inline std::string with(std::string text, const std::string& part, const std::string& instead) {
  const auto at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return at == std::string::npos ? text : text.replace(at, part.size(), instead);
}

}  // namespace standstill::estop
