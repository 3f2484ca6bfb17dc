#include "wire/s7/frame.hpp"
#include "wire/s7/words.hpp"

namespace standstill::s7 {

namespace {

Bytes connection_frame(Unit kind, const Connect& connect) {
  Bytes frame;
  put(frame, {0x03, 0x00, 0x00, 0x16, 0x11, static_cast<unsigned>(kind)});
  put16(frame, connect.destination);
  put16(frame, connect.source);
  put(frame, {0x00, 0xC0, 0x01, connect.size_code, 0xC1, 0x02});
  put16(frame, connect.tsaps.local);
  put(frame, {0xC2, 0x02});
  put16(frame, connect.tsaps.remote);
  return frame;
}

}  // namespace

Bytes connect_frame(const Connect& connect) { return connection_frame(Unit::connect, connect); }
Bytes confirm_frame(const Connect& confirm) { return connection_frame(Unit::confirm, confirm); }

Bytes disconnect_frame(std::uint16_t destination, std::uint16_t source, std::uint8_t reason) {
  Bytes frame;
  put(frame, {0x03, 0x00, 0x00, 0x0B, 0x06, static_cast<unsigned>(Unit::disconnect)});
  put16(frame, destination);
  put16(frame, source);
  put8(frame, reason);
  return frame;
}

void begin_data_frame(Bytes& to) {
  put(to, {0x03, 0x00, 0x00, 0x00, 0x02, static_cast<unsigned>(Unit::data), 0x80});
}

void set_frame_length(Bytes& in, std::size_t frame_begin) {
  set16(in, frame_begin + 2, static_cast<unsigned>(in.size() - frame_begin));
}

void FrameReader::add(View bytes) {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > largest_frame) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  put(buffer_, bytes);
}

FrameReader::Result FrameReader::fail(std::string why) {
  error_ = std::move(why);
  return Result::failed;
}

FrameReader::Result FrameReader::next() {
  if (!error_.empty()) return Result::failed;
  if (parts_done_) {
    parts_.clear();
    parts_done_ = false;
  }
  for (;;) {
    const View left = View(buffer_).subspan(at_);
    if (left.empty()) return Result::need_more;
    if (get8(left, 0) != 3)
      return fail(
          words("what comes is no ISO-on-TCP: a packet begins with 03, not ", hex_digits(get8(left, 0), 2)));
    if (left.size() < 4) return Result::need_more;
    const std::size_t length = get16(left, 2);
    if (length < 7 || length > largest_frame)
      return fail(words("a packet says that it has ", length, " bytes; 7 to ", largest_frame, " can be"));
    if (left.size() < length) return Result::need_more;
    at_ += length;
    const Result result = unit(left.subspan(4, length - 4));
    if (result != Result::need_more) return result;
  }
}

FrameReader::Result FrameReader::unit(View unit) {
  const std::size_t header = get8(unit, 0);
  if (header < 2 || header + 1 > unit.size())
    return fail(words("a unit of ", unit.size(), " bytes says that its header has ", header));
  const auto kind = static_cast<Unit>(get8(unit, 1) & 0xF0U);
  switch (kind) {
    case Unit::connect:
      return read_connect(unit.first(header + 1), Result::connect);
    case Unit::confirm:
      return read_connect(unit.first(header + 1), Result::confirm);
    case Unit::disconnect:
      reason_ = header >= 6 ? get8(unit, 6) : 0;
      return Result::disconnect;
    case Unit::refused:
      return fail("the peer does not understand our transport units");
    case Unit::data:
      break;
    default:
      return fail(words("a unit has the unknown kind ", hex_digits(get8(unit, 1), 2)));
  }
  const bool last = (get8(unit, 2) & 0x80U) != 0;
  const View payload = unit.subspan(header + 1);
  if (last && parts_.empty()) {
    message_ = payload;
    return Result::data;
  }
  if (parts_.size() + payload.size() > largest_message)
    return fail(words("a message in several units grows above ", largest_message, " bytes"));
  put(parts_, payload);
  if (!last) return Result::need_more;
  message_ = parts_;
  parts_done_ = true;
  return Result::data;
}

FrameReader::Result FrameReader::read_connect(View unit, Result kind) {
  if (unit.size() < 7) return fail("a connection unit is shorter than its fixed part");
  connect_ = {.destination = get16(unit, 2), .source = get16(unit, 4), .tsaps = {0, 0}};
  for (std::size_t at = 7; at < unit.size();) {
    if (at + 2 > unit.size() || at + 2 + get8(unit, at + 1) > unit.size())
      return fail("a connection unit ends in the middle of a parameter");
    const std::size_t size = get8(unit, at + 1);
    const std::uint8_t code = get8(unit, at);
    if (code == 0xC0 && size == 1) connect_.size_code = get8(unit, at + 2);
    if (code == 0xC1 && size == 2) connect_.tsaps.local = get16(unit, at + 2);
    if (code == 0xC2 && size == 2) connect_.tsaps.remote = get16(unit, at + 2);
    at += 2 + size;
  }
  return kind;
}

}  // namespace standstill::s7
