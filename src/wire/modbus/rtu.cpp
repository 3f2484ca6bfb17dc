#include "wire/modbus/rtu.hpp"

namespace standstill::modbus {

namespace {

constexpr std::array<std::uint16_t, 256> make_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xA001U : crc >> 1U;
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}
constexpr auto crc_table = make_table();

}  // namespace

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
  unsigned crc = 0xFFFF;
  for (const std::uint8_t byte : bytes) crc = crc >> 8U ^ crc_table[(crc ^ byte) & 0xFFU];
  return static_cast<std::uint16_t>(crc);
}

void append_rtu(std::vector<std::byte>& out, std::uint8_t unit, const Pdu& pdu) {
  std::array<std::uint8_t, max_rtu> frame{};
  std::size_t size = 0;
  frame[size++] = unit;
  for (const std::uint8_t byte : pdu.bytes()) frame[size++] = byte;
  const std::uint16_t crc = crc16(std::span(frame).first(size));
  frame[size++] = static_cast<std::uint8_t>(crc & 0xFFU);
  frame[size++] = static_cast<std::uint8_t>(crc >> 8U);
  const auto bytes = std::as_bytes(std::span(frame).first(size));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Duration character_time(unsigned baud) { return Duration(11'000'000'000LL / (baud == 0 ? 9600 : baud)); }

Duration frame_silence(unsigned baud) {
  return baud > 19200 ? Duration(1'750us) : character_time(baud) * 7 / 2;
}

void RtuReader::reset() {
  size_ = 0;
  done_ = 3;
  bad_ = false;
}

RtuReader::Result RtuReader::read(std::span<const std::byte>& bytes) {
  while (!bytes.empty()) {
    if (bad_) {
      bytes = {};
      return Result::bad;
    }
    frame_[size_++] = std::to_integer<std::uint8_t>(bytes.front());
    bytes = bytes.subspan(1);
    if (size_ < 2) continue;
    const auto begun = std::span<const std::uint8_t>(frame_).subspan(1, size_ - 1);
    const auto expected = side_ == Side::answers ? answer_size(begun) : request_size(begun);
    if (!expected) continue;
    if (*expected == 0 || *expected + 3 > max_rtu) {
      bad_ = true;
      bytes = {};
      return Result::bad;
    }
    if (size_ < *expected + 3) continue;
    const std::uint16_t crc = static_cast<std::uint16_t>(frame_[size_ - 2] | frame_[size_ - 1] << 8U);
    if (crc != crc16(std::span(frame_).first(size_ - 2))) {
      bad_ = true;
      done_ = size_;
      bytes = {};
      return Result::bad;
    }
    done_ = size_;
    size_ = 0;
    return Result::frame;
  }
  return bad_ ? Result::bad : Result::need_more;
}

}  // namespace standstill::modbus
