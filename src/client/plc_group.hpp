// Several addresses that are asked together: what of them could be understood, and the answers in their
// order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plant/plc/values.hpp"
#include "standstill/plc.hpp"

namespace standstill::client {

[[nodiscard]] PlcError error_of(plc::Trouble trouble);

struct PlcGroup {
  PlcGroup(const std::string& peer, const std::vector<std::string>& addresses);
  // Results for all texts, in their order.
  [[nodiscard]] std::vector<PlcResult<PlcValue>> results(const std::string& peer,
                                                         const plc::Outcome<plc::Items>& outcome) const;
  [[nodiscard]] bool is_of(const std::vector<std::string>& addresses) const;

  std::vector<std::string> texts;
  std::vector<s7::Address> parsed;
  std::vector<s7::Range> ranges;                           // of those
  std::vector<std::pair<std::size_t, PlcError>> unusable;  // place and why, ascending
};

}  // namespace standstill::client
