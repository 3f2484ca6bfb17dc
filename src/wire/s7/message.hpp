// S7 messages: connection setup, reading, writing, CPU control; both directions from one place.
//
//   32 kind 0000 sequence16 parameters16 data16 [error class, error code] | parameters | data
//
// Source: recordings of a real snap7 server, and the layout that Wireshark's s7comm dissector names.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "wire/s7/address.hpp"
#include "wire/s7/bytes.hpp"

namespace standstill::s7 {

enum class Kind : std::uint8_t { request = 1, ack = 2, ack_data = 3, user_data = 7 };

enum class Function : std::uint8_t {
  setup = 0xF0,
  read = 0x04,
  write = 0x05,
  start = 0x28,
  stop = 0x29,
};

enum class WordLength : std::uint8_t {
  bit = 0x01,
  byte = 0x02,
  character = 0x03,
  word = 0x04,
  integer = 0x05,
  dword = 0x06,
  dint = 0x07,
  real = 0x08,
  counter = 0x1C,
  timer = 0x1D,
};
// By length. Asked for every item of every message.
inline constexpr auto word_bytes = [] {
  std::array<std::uint8_t, 32> bytes{};
  for (const auto one : {WordLength::bit, WordLength::byte, WordLength::character})
    bytes[static_cast<std::size_t>(one)] = 1;
  for (const auto two : {WordLength::word, WordLength::integer, WordLength::counter, WordLength::timer})
    bytes[static_cast<std::size_t>(two)] = 2;
  for (const auto four : {WordLength::dword, WordLength::dint, WordLength::real})
    bytes[static_cast<std::size_t>(four)] = 4;
  return bytes;
}();
// 0 for a length that does not exist.
[[nodiscard]] constexpr std::size_t bytes_of(WordLength length) {
  const auto place = static_cast<std::size_t>(length);
  return place < word_bytes.size() ? word_bytes[place] : 0;
}

enum class ItemCode : std::uint8_t {
  good = 0xFF,
  hardware = 0x01,
  denied = 0x03,
  address = 0x05,
  type = 0x06,
  size = 0x07,
  missing = 0x0A,
};
// "access denied", "there is no such block or address" …, with what to do where something can be done.
[[nodiscard]] std::string item_text(ItemCode code);
[[nodiscard]] std::string header_error_text(std::uint16_t error);  // class << 8 | code

namespace header_error {
inline constexpr std::uint16_t not_implemented = 0x8104;
inline constexpr std::uint16_t pdu = 0x8500;
inline constexpr std::uint16_t needs_password = 0xD241;
inline constexpr std::uint16_t wrong_password = 0xD602;
}  // namespace header_error

inline constexpr std::size_t max_items = 20;          // in one request
inline constexpr std::size_t read_request_head = 12;  // header and parameter head, bytes
inline constexpr std::size_t read_reply_head = 14;
inline constexpr std::size_t item_address_bytes = 12;  // in a request
inline constexpr std::size_t item_head = 4;            // in front of an item's data
inline constexpr std::uint16_t smallest_pdu = 64;      // less than that cannot carry a useful request
inline constexpr std::uint16_t largest_pdu = 960;

// A message whose lengths agree with each other.
struct Message {
  Kind kind = Kind::request;
  std::uint16_t sequence = 0;
  std::uint16_t error = 0;  // class << 8 | code, with ack and ack_data
  View parameters = {};
  View data = {};
};
[[nodiscard]] std::expected<Message, std::string> read_message(View payload);
// A whole frame: TPKT, COTP, message.
[[nodiscard]] Bytes message_frame(const Message& message);

// A stretch of one area, as an item of a request names it.
struct Range {
  Area area = Area::db;
  std::uint16_t db = 0;
  WordLength length = WordLength::byte;
  std::uint16_t count = 1;
  std::uint32_t start = 0;  // a bit address; of counters and timers their number
  bool operator==(const Range&) const = default;
};
[[nodiscard]] Range bytes_range(Area area, std::uint16_t db, std::uint32_t byte, std::uint16_t count);
[[nodiscard]] Range bit_range(Area area, std::uint16_t db, std::uint32_t byte, unsigned bit);
[[nodiscard]] constexpr std::size_t bytes_of(const Range& range) {
  return bytes_of(range.length) * range.count;
}

struct WriteItem {
  Range range;
  View data = {};  // bytes_of(range) of them
};

struct Setup {
  std::uint16_t calling = 1;  // requests outstanding at once, wished and granted
  std::uint16_t called = 1;
  std::uint16_t pdu = 480;
};

// ---- the client's side: whole frames
[[nodiscard]] Bytes setup_request(std::uint16_t sequence, const Setup& setup);
void append_read_request(Bytes& to, std::uint16_t sequence, std::span<const Range> ranges);
void set_sequence(std::span<std::byte> frame, std::uint16_t sequence);  // of a request to be sent again
void append_write_request(Bytes& to, std::uint16_t sequence, std::span<const WriteItem> items);
enum class Start : std::uint8_t { warm, cold };
[[nodiscard]] Bytes start_request(std::uint16_t sequence, Start start);
[[nodiscard]] Bytes stop_request(std::uint16_t sequence);

struct ItemReply {
  ItemCode code = ItemCode::good;
  View data = {};  // of a read item; empty unless good
};
[[nodiscard]] std::expected<Setup, std::string> read_setup(const Message& message);
// The replies to `ranges`, in their order; `into` has as many places. Everything must fit exactly: an answer
// of another shape is the answer to another request.
[[nodiscard]] std::expected<void, std::string> read_read_reply(const Message& message,
                                                               std::span<const Range> ranges,
                                                               std::span<ItemReply> into);
[[nodiscard]] std::expected<void, std::string> read_write_reply(const Message& message, std::size_t items,
                                                                std::span<ItemCode> into);

// ---- the server's side
[[nodiscard]] std::expected<std::vector<Range>, std::string> read_ranges(const Message& request);
[[nodiscard]] std::expected<std::vector<WriteItem>, std::string> read_write_items(const Message& request);
[[nodiscard]] Bytes setup_reply(std::uint16_t sequence, const Setup& granted);
struct AnsweredRange {
  Range range;
  ItemReply reply;
};
[[nodiscard]] Bytes read_reply(std::uint16_t sequence, std::span<const AnsweredRange> items);
[[nodiscard]] Bytes write_reply(std::uint16_t sequence, std::span<const ItemCode> codes);
[[nodiscard]] Bytes function_reply(std::uint16_t sequence, Function function, std::uint16_t error);
[[nodiscard]] Bytes error_reply(std::uint16_t sequence, std::uint16_t error);

}  // namespace standstill::s7
