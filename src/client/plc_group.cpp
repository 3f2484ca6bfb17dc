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
    const s7::Address& address = parsed[next];
    const plc::ItemResult& item = (*outcome)[next];
    const bool whole = item.code == s7::ItemCode::good && item.data.size() == s7::bytes_of(ranges[next]);
    ++next;
    if (address.count != 1) {
      add(all, peer, plc::value_of(address, item));
    } else if (!whole || !s7::decode_number(address, item.data, [&all](auto number) {
                 all.emplace_back(std::in_place, std::in_place_type<decltype(number)>, number);
               })) {
      add(all, peer, plc::scalar_of(address, item));
    }
  }
  return all;
}

}  // namespace standstill::client
