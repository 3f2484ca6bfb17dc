#include "client/plc_group.hpp"

namespace standstill::client {

static_assert(static_cast<int>(PlcError::Kind::unusable) == static_cast<int>(plc::Failure::unusable));
PlcError error_of(plc::Trouble trouble) {
  return {static_cast<PlcError::Kind>(trouble.kind), std::move(trouble.text)};
}

namespace {
void add(std::vector<PlcResult<PlcValue>>& all, const std::string& peer, auto&& value) {
  if (value)
    all.emplace_back(std::in_place, std::move(*value));
  else
    all.emplace_back(PlcError{PlcError::Kind::refused, peer + ": " + value.error()});
}
}  // namespace

PlcGroup::PlcGroup(const std::string& peer, const std::vector<std::string>& addresses) : texts(addresses) {
  parsed.reserve(texts.size());
  ranges.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (const auto address = s7::parse_address(texts[i])) {
      parsed.push_back(*address);
      ranges.push_back(plc::range_of(*address));
    } else {
      unusable.emplace_back(
          i, PlcError{PlcError::Kind::unusable, peer + ": '" + texts[i] + "': " + address.error()});
    }
  }
}

std::vector<PlcResult<PlcValue>> PlcGroup::results(const std::string& peer,
                                                   plc::Outcome<plc::Items> outcome) const {
  std::vector<PlcResult<PlcValue>> all;
  all.reserve(texts.size());
  auto bad = unusable.begin();
  std::size_t next = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (bad != unusable.end() && bad->first == i) {
      all.emplace_back((bad++)->second);
      continue;
    }
    if (!outcome) {
      all.emplace_back(error_of(outcome.error()));
      continue;
    }
    const std::size_t place = next++;
    if (parsed[place].count == 1) {
      add(all, peer, plc::scalar_of(parsed[place], (*outcome)[place]));
    } else {
      add(all, peer, plc::value_of(parsed[place], (*outcome)[place]));
    }
  }
  return all;
}

}  // namespace standstill::client
