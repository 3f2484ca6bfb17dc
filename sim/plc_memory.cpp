#include "sim/plc_memory.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

namespace standstill::sim {

using Json = nlohmann::json;

namespace {

constexpr std::size_t process_image = 1024;  // bytes of inputs and of outputs
constexpr std::size_t flag_bytes = 4096;
constexpr std::size_t counters_and_timers = 256;

bool counts_words(s7::Area area) { return area == s7::Area::counters || area == s7::Area::timers; }

s7::WordLength own_length(s7::Area area) {
  return area == s7::Area::counters ? s7::WordLength::counter : s7::WordLength::timer;
}

// Where the bytes of a value lie, whatever its type.
s7::Range range_of(const s7::Address& address) {
  if (counts_words(address.area)) return {address.area, 0, own_length(address.area), 1, address.byte};
  if (address.type == s7::Type::boolean && address.count == 1)
    return s7::bit_range(address.area, address.db, address.byte, address.bit);
  return s7::bytes_range(address.area, address.db, address.byte,
                         static_cast<std::uint16_t>(s7::total_bytes(address)));
}

}  // namespace

PlcMemory::PlcMemory()
    : inputs_(process_image),
      outputs_(process_image),
      flags_(flag_bytes),
      counters_(2 * counters_and_timers),
      timers_(2 * counters_and_timers) {
  blocks_[1].resize(1024);
  blocks_[2].resize(256);
  blocks_[10].resize(65536);
  static_cast<void>(set("DB2.DBB0:STRING[20]", "Standstill"));
}

std::expected<void, std::string> PlcMemory::load(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::unexpected(R"(it is no JSON object with "blocks" and "values")");
  for (const auto& [key, part] : json.items())
    if ((key != "blocks" && key != "values") || !part.is_object())
      return std::unexpected("'" + key + R"(' is none of the objects "blocks" and "values")");
  if (json.contains("blocks"))
    for (const auto& [number, bytes] : json["blocks"].items()) {
      const auto address = s7::parse_address("DB" + number + ".DBB0");
      if (!address || !bytes.is_number_unsigned() || bytes.get<std::uint64_t>() - 1 > 65535)
        return std::unexpected("block '" + number + "': write its number and its size, 1 to 65536 bytes");
      blocks_[address->db].resize(bytes.get<std::size_t>());
    }
  if (json.contains("values"))
    for (const auto& [address, value] : json["values"].items())
      if (const auto done = set(address, value.is_string() ? value.get<std::string>() : value.dump()); !done)
        return std::unexpected("value '" + address + "': " + done.error());
  return {};
}

s7::Bytes* PlcMemory::area(const s7::Range& range) {
  switch (range.area) {
    case s7::Area::inputs:
      return &inputs_;
    case s7::Area::outputs:
      return &outputs_;
    case s7::Area::flags:
      return &flags_;
    case s7::Area::counters:
      return &counters_;
    case s7::Area::timers:
      return &timers_;
    case s7::Area::db: {
      const auto found = blocks_.find(range.db);
      return found == blocks_.end() ? nullptr : &found->second;
    }
  }
  return nullptr;
}

s7::ItemReply PlcMemory::read(const s7::Range& range) {
  const s7::Bytes* memory = area(range);
  if (memory == nullptr) return {s7::ItemCode::missing, {}};
  const std::size_t size = s7::bytes_of(range);
  const bool words = counts_words(range.area);
  if (size == 0 ||
      words != (range.length == s7::WordLength::counter || range.length == s7::WordLength::timer) ||
      (range.length == s7::WordLength::bit && range.count != 1))
    return {s7::ItemCode::type, {}};
  const std::size_t first = words ? std::size_t{range.start} * 2 : range.start / 8;
  if (first + size > memory->size()) return {s7::ItemCode::address, {}};
  const s7::View there = s7::View(*memory).subspan(first, size);
  if (range.length != s7::WordLength::bit) return {s7::ItemCode::good, there};
  answer_.assign(1, (there[0] >> (range.start % 8)) & std::byte{1});
  return {s7::ItemCode::good, answer_};
}

s7::ItemCode PlcMemory::write(const s7::Range& range, s7::View data) {
  const auto there = read(range);
  if (there.code != s7::ItemCode::good) return there.code;
  if (data.size() != there.data.size()) return s7::ItemCode::size;
  s7::Bytes& memory = *area(range);
  if (range.length == s7::WordLength::bit) {
    const std::byte mask = std::byte{1} << (range.start % 8);
    std::byte& place = memory[range.start / 8];
    place = (data[0] & std::byte{1}) != std::byte{0} ? place | mask : place & ~mask;
  } else {
    const std::size_t first = counts_words(range.area) ? std::size_t{range.start} * 2 : range.start / 8;
    std::ranges::copy(data, memory.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return s7::ItemCode::good;
}

std::expected<std::string, std::string> PlcMemory::get(std::string_view text) {
  const auto address = s7::parse_address(text);
  if (!address) return std::unexpected(address.error());
  const auto item = read(range_of(*address));
  if (item.code != s7::ItemCode::good) return std::unexpected(s7::item_text(item.code));
  if (address->type == s7::Type::boolean && address->count == 1)
    return item.data[0] != std::byte{0} ? "true" : "false";
  const auto value = s7::decode(*address, item.data);
  if (!value) return std::unexpected(value.error());
  return s7::to_text(*value);
}

std::expected<void, std::string> PlcMemory::set(std::string_view text, std::string_view value_text) {
  const auto address = s7::parse_address(text);
  if (!address) return std::unexpected(address.error());
  const auto value = s7::parse_value(*address, value_text);
  if (!value) return std::unexpected(value.error());
  const auto bytes = s7::encode(*address, *value);
  if (!bytes) return std::unexpected(bytes.error());
  if (const auto code = write(range_of(*address), *bytes); code != s7::ItemCode::good)
    return std::unexpected(s7::item_text(code));
  return {};
}

void PlcMemory::put_into_db1(std::string_view text, const s7::Scalar& value) {
  const auto address = s7::parse_address(text);
  const auto bytes = s7::encode(*address, {value});
  if (bytes) static_cast<void>(write(range_of(*address), *bytes));
}

void PlcMemory::cycle(Duration since_start) {
  // A file may have made it shorter than the counter.
  const auto counter = read(s7::bytes_range(s7::Area::db, 1, 0, 4));
  const std::uint32_t count = counter.code == s7::ItemCode::good ? s7::get32(counter.data, 0) + 1 : 0;
  put_into_db1("DB1.DBD0", std::int64_t{count});
  const double seconds = std::chrono::duration<double>(since_start).count();
  put_into_db1("DB1.DBD8:REAL", 100.0 * std::sin(2.0 * std::numbers::pi * seconds / 10.0));
  put_into_db1("DB1.DBX12.0", static_cast<std::int64_t>(seconds) % 2 == 1);
}

void PlcMemory::restart() {
  std::ranges::fill(flags_, std::byte{0});
  put_into_db1("DB1.DBD0", std::int64_t{0});
}

}  // namespace standstill::sim
