#include "client/plc_group.hpp"

#include <algorithm>
#include <cstring>

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

void add_other(std::vector<PlcResult<PlcValue>>& all, const std::string& peer, const s7::Address& address,
               const plc::ItemResult& item) {
  if (address.count == 1)
    add(all, peer, plc::scalar_of(address, item));
  else
    add(all, peer, plc::value_of(address, item));
}

// Addresses are a few characters long: two words of eight bytes, which may overlap, are all of one.
bool same(const std::string& one, const std::string& other) {
  const std::size_t size = one.size();
  if (size != other.size()) return false;
  if (size < 8 || size > 16) return one == other;
  const auto word = [](const char* at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  return word(one.data()) == word(other.data()) &&
         word(one.data() + size - 8) == word(other.data() + size - 8);
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

bool PlcGroup::is_of(const std::vector<std::string>& addresses) const {
  return std::ranges::equal(texts, addresses, same);
}

std::vector<PlcResult<PlcValue>> PlcGroup::results(const std::string& peer,
                                                   const plc::Outcome<plc::Items>& outcome) const {
  std::vector<PlcResult<PlcValue>> all;
  all.reserve(texts.size());
  auto bad = unusable.begin();
  const auto take = [&all](auto number) {
    all.emplace_back(std::in_place, std::in_place_type<decltype(number)>, number);
  };
  for (std::size_t place = 0; place < parsed.size() || bad != unusable.end();) {
    if (bad != unusable.end() && bad->first == all.size()) {
      all.emplace_back((bad++)->second);
      continue;
    }
    const s7::Address& address = parsed[place];
    if (!outcome) {
      all.emplace_back(error_of(outcome.error()));
    } else {
      // What most are, without a detour: of a length that was looked at when it came.
      const plc::ItemResult& item = (*outcome)[place];
      const bool one = item.code == s7::ItemCode::good && address.count == 1;
      if (!one || !s7::decode_number(address, item.data, take)) add_other(all, peer, address, item);
    }
    ++place;
  }
  return all;
}

}  // namespace standstill::client
