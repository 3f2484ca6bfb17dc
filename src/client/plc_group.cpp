#include "client/plc_group.hpp"

namespace standstill::client {

static_assert(static_cast<int>(PlcError::Kind::unusable) == static_cast<int>(plc::Failure::unusable));
PlcError error_of(plc::Trouble trouble) {
  return {static_cast<PlcError::Kind>(trouble.kind), std::move(trouble.text)};
}

namespace {
// Fills a row of results, whose memory is used again where it holds a number already.
class Row {
 public:
  Row(std::vector<PlcResult<PlcValue>>& into, std::size_t places) : into_(into) {
    if (into_.size() > places) into_.erase(into_.begin() + static_cast<std::ptrdiff_t>(places), into_.end());
    into_.reserve(places);
  }
  [[nodiscard]] std::size_t place() const { return place_; }
  void number(auto number) {
    if (place_ < into_.size() && into_[place_])
      (*into_[place_++]).become(number);
    else
      put(std::in_place, std::in_place_type<decltype(number)>, number);
  }
  template <class... Content>
  void put(Content&&... content) {
    if (place_ < into_.size())
      into_[place_] = PlcResult<PlcValue>(std::forward<Content>(content)...);
    else
      into_.emplace_back(std::forward<Content>(content)...);
    ++place_;
  }

 private:
  std::vector<PlcResult<PlcValue>>& into_;
  std::size_t place_ = 0;
};

void add(Row& all, const std::string& peer, auto&& value) {
  if (value)
    all.put(std::in_place, std::move(*value));
  else
    all.put(PlcError{PlcError::Kind::refused, peer + ": " + value.error()});
}

void add_other(Row& all, const std::string& peer, const s7::Address& address, const plc::ItemResult& item) {
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
  Row row(into, texts_.size());
  auto bad = unusable_.begin();
  const auto add_bad = [&] {
    for (; bad != unusable_.end() && bad->first == row.place(); ++bad)
      row.put(PlcError{PlcError::Kind::unusable, peer + ": " + bad->second});
  };
  const auto take = [&row](auto number) { row.number(number); };
  const plc::ItemResult* item = outcome ? outcome->data() : nullptr;
  for (const s7::Address& address : asked_.addresses()) {
    add_bad();
    if (!outcome) {
      row.put(error_of(outcome.error()));
      continue;
    }
    // What most are, without a detour: of a length that was looked at when it came.
    const bool one = item->code == s7::ItemCode::good && address.count == 1;
    if (!one || !s7::decode_number(address, item->data, take)) add_other(row, peer, address, *item);
    ++item;
  }
  add_bad();
}

}  // namespace standstill::client
