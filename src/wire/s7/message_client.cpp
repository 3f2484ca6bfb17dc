// Requests, and the answers to them.
#include <algorithm>
#include <array>

#include "wire/s7/frame.hpp"
#include "wire/s7/message.hpp"
#include "wire/s7/words.hpp"

namespace standstill::s7 {

namespace {

constexpr std::array<unsigned char, 9> program{'P', '_', 'P', 'R', 'O', 'G', 'R', 'A', 'M'};

constexpr std::size_t head = data_frame_head + 10;  // bytes

// Appends frame, header and room for so many bytes behind them; returns where the frame begins. finish() sets
// the lengths.
std::size_t begin_request(Bytes& to, std::uint16_t sequence, std::size_t room = 0) {
  constexpr auto beginning = [] {
    std::array<std::byte, head> made{};
    std::size_t at = 0;
    for (const unsigned one : {0x03U, 0x00U, 0x00U, 0x00U, 0x02U, static_cast<unsigned>(Unit::data), 0x80U,
                               0x32U, static_cast<unsigned>(Kind::request)})
      made[at++] = static_cast<std::byte>(one);
    return made;
  }();
  const std::size_t begin = to.size();
  to.resize(begin + head + room);
  const auto place = std::span(to).subspan(begin);
  std::ranges::copy(beginning, place.begin());
  set_sequence(place, sequence);
  return begin;
}

void finish(Bytes& in, std::size_t begin, std::size_t parameters) {
  set16(in, begin + data_frame_head + 6, static_cast<unsigned>(parameters));
  set16(in, begin + data_frame_head + 8, static_cast<unsigned>(in.size() - begin - head - parameters));
  set_frame_length(in, begin);
}

// The parameters of a read and of a write: how many items, and the address of each.
constexpr std::size_t addresses_bytes(std::size_t items) { return 2 + item_address_bytes * items; }

std::span<std::byte> set_count(std::span<std::byte> place, Function function, std::size_t items) {
  place[0] = static_cast<std::byte>(function);
  place[1] = static_cast<std::byte>(items);
  return place.subspan(2);
}

void set_range(std::span<std::byte> place, const Range& range) {
  set32(place, 0, 0x120A1000U | static_cast<std::uint32_t>(range.length));
  set32(place, 4, std::uint32_t{range.count} << 16U | range.db);
  set32(place, 8, static_cast<std::uint32_t>(range.area) << 24U | (range.start & 0xFFFFFFU));
}

Bytes control_request(std::uint16_t sequence, std::initializer_list<unsigned> what) {
  Bytes frame;
  const std::size_t begin = begin_request(frame, sequence);
  put(frame, what);
  put8(frame, program.size());
  for (const unsigned char c : program) put8(frame, c);
  finish(frame, begin, what.size() + 1 + program.size());
  return frame;
}

std::expected<void, std::string> check_function(const Message& message, Function function,
                                                std::size_t items) {
  if (message.kind != Kind::ack_data || message.parameters.size() < 2 ||
      get8(message.parameters, 0) != static_cast<unsigned>(function))
    return std::unexpected("an answer belongs to another function than its sequence number says");
  if (get8(message.parameters, 1) != items)
    return std::unexpected(
        words("an answer has ", get8(message.parameters, 1), " items, asked were ", items));
  return {};
}

}  // namespace

Bytes setup_request(std::uint16_t sequence, const Setup& setup) {
  Bytes frame;
  const std::size_t begin = begin_request(frame, sequence);
  put(frame, {static_cast<unsigned>(Function::setup), 0x00});
  put16(frame, setup.calling);
  put16(frame, setup.called);
  put16(frame, setup.pdu);
  finish(frame, begin, 8);
  return frame;
}

void append_read_request(Bytes& to, std::uint16_t sequence, std::span<const Range> ranges) {
  const std::size_t parameters = addresses_bytes(ranges.size());
  const std::size_t begin = begin_request(to, sequence, parameters);
  auto place = set_count(std::span(to).subspan(begin + head), Function::read, ranges.size());
  for (const Range& range : ranges) {
    set_range(place, range);
    place = place.subspan(item_address_bytes);
  }
  finish(to, begin, parameters);
}

void set_sequence(std::span<std::byte> frame, std::uint16_t sequence) {
  set16(frame, data_frame_head + 4, sequence);
}

void append_write_request(Bytes& to, std::uint16_t sequence, std::span<const WriteItem> items) {
  const std::size_t parameters = addresses_bytes(items.size());
  const std::size_t begin = begin_request(to, sequence, parameters);
  auto place = set_count(std::span(to).subspan(begin + head), Function::write, items.size());
  for (const auto& [range, data] : items) {
    set_range(place, range);
    place = place.subspan(item_address_bytes);
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& [range, data] = items[i];
    put8(to, 0x00);
    if (range.length == WordLength::bit) {
      put8(to, 0x03);  // the length counts elements
      put16(to, range.count);
    } else if (range.length == WordLength::counter || range.length == WordLength::timer) {
      put8(to, 0x09);  // bytes
      put16(to, static_cast<unsigned>(data.size()));
    } else {
      put8(to, 0x04);  // bits
      put16(to, static_cast<unsigned>(data.size() * 8));
    }
    put(to, data);
    if (data.size() % 2 != 0 && i + 1 < items.size()) put8(to, 0x00);
  }
  finish(to, begin, parameters);
}

Bytes start_request(std::uint16_t sequence, Start start) {
  if (start == Start::warm) return control_request(sequence, {0x28, 0, 0, 0, 0, 0, 0, 0xFD, 0x00, 0x00});
  return control_request(sequence, {0x28, 0, 0, 0, 0, 0, 0, 0xFD, 0x00, 0x02, 0x43, 0x20});
}

Bytes stop_request(std::uint16_t sequence) { return control_request(sequence, {0x29, 0, 0, 0, 0, 0}); }

std::expected<void, std::string> read_read_reply(const Message& message, std::span<const Range> ranges,
                                                 std::span<ItemReply> into) {
  if (const auto fits = check_function(message, Function::read, ranges.size()); !fits) return fits;
  View left = message.data;
  auto reply = into.begin();
  for (const Range& range : ranges) {
    if (left.size() < item_head) return std::unexpected("an answer ends before its last item");
    const std::uint32_t item = get32(left, 0);
    left = left.subspan(item_head);
    reply->code = static_cast<ItemCode>(item >> 24U);
    reply->data = {};
    if (reply->code == ItemCode::good) {
      const unsigned transport = item >> 16U & 0xFFU;
      const std::size_t counted = item & 0xFFFFU;
      // 3, 7 and 9 count elements or bytes, 4 and 5 bits.
      const std::size_t size = transport == 0x04 || transport == 0x05 ? (counted + 7) / 8 : counted;
      const std::size_t asked = bytes_of(range);
      if (size != asked || left.size() < size)
        return std::unexpected(words("an item of an answer has ", size, " bytes, asked were ", asked));
      reply->data = left.first(size);
      left = left.subspan(std::min(left.size(), size + size % 2));
    }
    ++reply;
  }
  if (!left.empty()) return std::unexpected("an answer goes on behind its last item");
  return {};
}

std::expected<void, std::string> read_write_reply(const Message& message, std::size_t items,
                                                  std::span<ItemCode> into) {
  if (const auto fits = check_function(message, Function::write, items); !fits) return fits;
  if (message.data.size() != items)
    return std::unexpected("an answer has another number of results than asked for");
  for (std::size_t i = 0; i < items; ++i) into[i] = static_cast<ItemCode>(get8(message.data, i));
  return {};
}

}  // namespace standstill::s7
