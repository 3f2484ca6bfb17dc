// Requests as a server reads them, and its answers.

#include "wire/s7/message.hpp"
#include "wire/s7/words.hpp"

namespace standstill::s7 {

namespace {

Range read_range(View item) {
  return {static_cast<Area>(get8(item, 8)), get16(item, 6), static_cast<WordLength>(get8(item, 3)),
          get16(item, 4), get32(item, 8) & 0xFFFFFFU};
}

std::expected<std::vector<Range>, std::string> ranges_of(const Message& request, Function function) {
  const View p = request.parameters;
  if (p.size() < 2 || get8(p, 0) != static_cast<unsigned>(function))
    return std::unexpected("the request has another function");
  const std::size_t items = get8(p, 1);
  if (items == 0 || items > max_items || p.size() != 2 + items * item_address_bytes)
    return std::unexpected(words(items, " items in ", p.size(), " bytes of parameters"));
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < items; ++i) {
    const View item = p.subspan(2 + i * item_address_bytes, item_address_bytes);
    if (get8(item, 0) != 0x12 || get8(item, 1) != 0x0A || get8(item, 2) != 0x10)
      return std::unexpected("an item is not addressed in the usual way (12 0a 10)");
    ranges.push_back(read_range(item));
  }
  return ranges;
}

}  // namespace

std::expected<std::vector<Range>, std::string> read_ranges(const Message& request) {
  return ranges_of(request, Function::read);
}

std::expected<std::vector<WriteItem>, std::string> read_write_items(const Message& request) {
  const auto ranges = ranges_of(request, Function::write);
  if (!ranges) return std::unexpected(ranges.error());
  std::vector<WriteItem> items;
  View left = request.data;
  for (const Range& range : *ranges) {
    if (left.size() < item_head) return std::unexpected("the data end before the last item");
    const unsigned transport = get8(left, 1);
    const std::size_t counted = get16(left, 2);
    const std::size_t size = transport == 0x04 || transport == 0x05 ? (counted + 7) / 8 : counted;
    if (left.size() < item_head + size) return std::unexpected("the data end in the middle of an item");
    items.push_back({range, left.subspan(item_head, size)});
    left = left.subspan(std::min(left.size(), item_head + size + size % 2));
  }
  return items;
}

Bytes setup_reply(std::uint16_t sequence, const Setup& granted) {
  Bytes parameters;
  put(parameters, {static_cast<unsigned>(Function::setup), 0x00});
  put16(parameters, granted.calling);
  put16(parameters, granted.called);
  put16(parameters, granted.pdu);
  return message_frame({Kind::ack_data, sequence, 0, parameters, {}});
}

Bytes read_reply(std::uint16_t sequence, std::span<const AnsweredRange> items) {
  Bytes parameters, data;
  put(parameters, {static_cast<unsigned>(Function::read), static_cast<unsigned>(items.size())});
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& [range, reply] = items[i];
    put8(data, static_cast<unsigned>(reply.code));
    if (reply.code != ItemCode::good) {
      put(data, {0x00, 0x00, 0x04});  // as recorded
      continue;
    }
    const std::size_t size = reply.data.size();
    switch (range.length) {
      case WordLength::bit:
        put8(data, 0x03);
        put16(data, range.count);
        break;
      case WordLength::real:
        put8(data, 0x07);
        put16(data, static_cast<unsigned>(size));
        break;
      case WordLength::character:
      case WordLength::counter:
      case WordLength::timer:
        put8(data, 0x09);
        put16(data, static_cast<unsigned>(size));
        break;
      default:
        put8(data, 0x04);
        put16(data, static_cast<unsigned>(size * 8));
        break;
    }
    put(data, reply.data);
    if (size % 2 != 0 && i + 1 < items.size()) put8(data, 0x00);
  }
  return message_frame({Kind::ack_data, sequence, 0, parameters, data});
}

Bytes write_reply(std::uint16_t sequence, std::span<const ItemCode> codes) {
  Bytes parameters, data;
  put(parameters, {static_cast<unsigned>(Function::write), static_cast<unsigned>(codes.size())});
  for (const ItemCode code : codes) put8(data, static_cast<unsigned>(code));
  return message_frame({Kind::ack_data, sequence, 0, parameters, data});
}

Bytes function_reply(std::uint16_t sequence, Function function, std::uint16_t error) {
  Bytes parameters;
  put8(parameters, static_cast<unsigned>(function));
  return message_frame({Kind::ack_data, sequence, error, parameters, {}});
}

Bytes error_reply(std::uint16_t sequence, std::uint16_t error) {
  return message_frame({Kind::ack, sequence, error, {}, {}});
}

}  // namespace standstill::s7
