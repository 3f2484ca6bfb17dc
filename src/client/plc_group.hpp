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

class PlcGroup {
 public:
  explicit PlcGroup(const std::vector<std::string>& addresses);

  using Results = std::vector<PlcResult<PlcValue>>;
  // Puts the results for all texts, in their order, in place of what `into` holds.
  void results(const std::string& peer, const plc::Outcome<plc::Items>& outcome, Results& into) const;

  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
  [[nodiscard]] const plc::KeptRanges& ranges() const { return asked_.ranges(); }  // of the usable ones

 private:
  std::vector<std::string> texts_;
  std::vector<std::pair<std::size_t, std::string>> unusable_;  // place and why, ascending
  plc::Group asked_;
};

}  // namespace standstill::client
