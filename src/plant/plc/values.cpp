#include "plant/plc/values.hpp"

namespace standstill::plc {

s7::Range range_of(const s7::Address& address) {
  const auto [area, db, byte, bit, type, count, length] = address;
  if (type == s7::Type::counter) return {area, 0, s7::WordLength::counter, count, byte};
  if (type == s7::Type::timer) return {area, 0, s7::WordLength::timer, count, byte};
  if (type == s7::Type::boolean && count == 1) return s7::bit_range(area, db, byte, bit);
  return s7::bytes_range(area, db, byte, static_cast<std::uint16_t>(s7::total_bytes(address)));
}

namespace {
template <class Read>
auto read_with(Read read, const s7::Address& address, const ItemResult& item)
    -> decltype(read(address, item.data)) {
  if (item.code != s7::ItemCode::good)
    return std::unexpected(s7::to_text(address) + ": " + s7::item_text(item.code));
  auto value = read(address, item.data);
  if (!value) return std::unexpected(s7::to_text(address) + ": " + value.error());
  return value;
}
}  // namespace

std::expected<s7::Scalar, std::string> scalar_of(const s7::Address& address, const ItemResult& item) {
  // A bit was read as such, and comes as a byte of its own.
  if (address.type == s7::Type::boolean && item.code == s7::ItemCode::good)
    return !item.data.empty() && item.data[0] != std::byte{0};
  return read_with(s7::decode_one, address, item);
}

std::expected<s7::Value, std::string> value_of(const s7::Address& address, const ItemResult& item) {
  if (address.count == 1) {
    auto scalar = scalar_of(address, item);
    if (!scalar) return std::unexpected(std::move(scalar.error()));
    return s7::Value{std::move(*scalar)};
  }
  return read_with(s7::decode, address, item);
}

Group::Group(std::vector<s7::Address> addresses) : addresses_(std::move(addresses)) {
  std::vector<s7::Range> ranges;
  ranges.reserve(addresses_.size());
  for (const auto& address : addresses_) ranges.push_back(range_of(address));
  ranges_ = std::make_shared<const std::vector<s7::Range>>(std::move(ranges));
}

void read_values(Session& session, std::vector<s7::Address> addresses, const Terms& terms, Instant now,
                 Done<Values> done) {
  read_values(session, std::make_shared<const Group>(std::move(addresses)), terms, now, std::move(done));
}

void read_values(Session& session, std::shared_ptr<const Group> group, const Terms& terms, Instant now,
                 Done<Values> done) {
  const KeptRanges& ranges = group->ranges();  // kept by what makes values of them
  session.read(ranges, terms, now,
               [group = std::move(group), done = std::move(done)](Outcome<Items> outcome) {
                 if (!outcome) return done(std::unexpected(std::move(outcome.error())));
                 const auto& addresses = group->addresses();
                 Values values;
                 values.reserve(addresses.size());
                 for (std::size_t i = 0; i < addresses.size(); ++i)
                   values.push_back(value_of(addresses[i], (*outcome)[i]));
                 done(std::move(values));
               });
}

void write_value(Session& session, const s7::Address& address, const s7::Value& value, const Terms& terms,
                 Instant now, Done<bool> done) {
  const std::string place = session.settings().peer + ": " + s7::to_text(address) + ": ";
  auto bytes = s7::encode(address, value);
  if (!bytes) return done(std::unexpected(Trouble{Failure::unusable, place + bytes.error()}));
  const std::size_t size = bytes->size();
  session.write({range_of(address)}, {std::move(*bytes)}, terms, now,
                [&session, place, size, done = std::move(done)](Outcome<Items> outcome) {
                  if (!outcome) return done(std::unexpected(std::move(outcome.error())));
                  if (outcome->front().code != s7::ItemCode::good)
                    return done(std::unexpected(Trouble{
                        Failure::refused, place + s7::item_text(outcome->front().code) +
                                              (session.writes_in_parts(size) ? perhaps_in_part : "")}));
                  done(true);
                });
}

}  // namespace standstill::plc
