// Typed values by address: which bytes to ask for, and what came back.
#pragma once

#include <memory>
#include <vector>

#include "plant/plc/session.hpp"
#include "wire/s7/value.hpp"

namespace standstill::plc {

// A single BOOL is read as a bit, counters and timers as such, everything else as bytes.
[[nodiscard]] s7::Range range_of(const s7::Address& address);
// What was read at `address`; the error is a sentence that names it.
[[nodiscard]] std::expected<s7::Value, std::string> value_of(const s7::Address& address,
                                                             const ItemResult& item);

// The same where it has one element.
[[nodiscard]] std::expected<s7::Scalar, std::string> scalar_of(const s7::Address& address,
                                                               const ItemResult& item);

// Addresses that are read together again and again, and what to ask for them.
class Group {
 public:
  explicit Group(std::vector<s7::Address> addresses);
  [[nodiscard]] const std::vector<s7::Address>& addresses() const { return addresses_; }
  [[nodiscard]] const KeptRanges& ranges() const { return ranges_; }

 private:
  std::vector<s7::Address> addresses_;
  KeptRanges ranges_;
};

// One result for each address, in their order: a block that is missing spoils none of the others.
using Values = std::vector<std::expected<s7::Value, std::string>>;
void read_values(Session& session, std::shared_ptr<const Group> group, const Terms& terms, Instant now,
                 Done<Values> done);
// The same, once.
void read_values(Session& session, std::vector<s7::Address> addresses, const Terms& terms, Instant now,
                 Done<Values> done);
// Never for BOOL, which write_bit() writes.
void write_value(Session& session, const s7::Address& address, const s7::Value& value, const Terms& terms,
                 Instant now, Done<bool> done);

}  // namespace standstill::plc
