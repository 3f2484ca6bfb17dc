#include "client/plc_group.hpp"

namespace standstill::client {

static_assert(static_cast<int>(PlcError::Kind::unusable) == static_cast<int>(plc::Failure::unusable));
PlcError error_of(plc::Trouble trouble) {
  return {static_cast<PlcError::Kind>(trouble.kind), std::move(trouble.text)};
}

namespace {
using Results = PlcGroup::Results;

void add(Results& all, const std::string& peer, auto&& value) {
  if (value)
    all.emplace_back(std::in_place, std::move(*value));
  else
    all.emplace_back(PlcError{PlcError::Kind::refused, peer + ": " + value.error()});
}

void add_other(Results& all, const std::string& peer, const s7::Address& address,
               const plc::ItemResult& item) {
  if (address.count == 1)
    add(all, peer, plc::scalar_of(address, item));
  else
    add(all, peer, plc::value_of(address, item));
}

// Of what can be understood; the others are noted with their place.
std::vector<s7::Address> parsed(const std::vector<std::string>& texts,
                                std::vector<std::pair<std::size_t, std::string>>& unusable) {
  std::vector<s7::Address> addresses;
  addresses.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (const auto address = s7::parse_address(texts[i]))
      addresses.push_back(*address);
    else
      unusable.emplace_back(i, "'" + texts[i] + "': " + address.error());
  }
  return addresses;
}
}  // namespace

PlcGroup::PlcGroup(const std::vector<std::string>& addresses)
    : texts_(addresses), asked_(parsed(texts_, unusable_)) {}

void PlcGroup::results(const std::string& peer, const plc::Outcome<plc::Items>& outcome,
                       Results& into) const {
  into.clear();
  into.reserve(texts_.size());
  auto bad = unusable_.begin();
  const auto take = [&into](auto number) {
    into.emplace_back(std::in_place, std::in_place_type<decltype(number)>, number);
  };
  const auto add_bad = [&] {
    for (; bad != unusable_.end() && bad->first == into.size(); ++bad)
      into.emplace_back(PlcError{PlcError::Kind::unusable, peer + ": " + bad->second});
  };
  const plc::ItemResult* item = outcome ? outcome->data() : nullptr;
  for (const s7::Address& address : asked_.addresses()) {
    add_bad();
    if (!outcome) {
      into.emplace_back(error_of(outcome.error()));
      continue;
    }
    // What most are, without a detour: of a length that was looked at when it came.
    const bool one = item->code == s7::ItemCode::good && address.count == 1;
    if (!one || !s7::decode_number(address, item->data, take)) add_other(into, peer, address, *item);
    ++item;
  }
  add_bad();
}

}  // namespace standstill::client
