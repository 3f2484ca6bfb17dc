#include "wire/modbus/tcp.hpp"

#include <algorithm>
#include <cstring>

namespace standstill::modbus {

namespace {
constexpr std::size_t header = 6;  // up to and with the length
}

void append_tcp(std::vector<std::byte>& out, std::uint16_t transaction, std::uint8_t unit, const Pdu& pdu) {
  const auto length = static_cast<unsigned>(pdu.size() + 1);
  const std::array<std::uint8_t, 7> head{
      static_cast<std::uint8_t>(transaction >> 8U), static_cast<std::uint8_t>(transaction & 0xFFU), 0,   0,
      static_cast<std::uint8_t>(length >> 8U),      static_cast<std::uint8_t>(length & 0xFFU),      unit};
  const auto first = std::as_bytes(std::span(head));
  const auto rest = std::as_bytes(pdu.bytes());
  out.insert(out.end(), first.begin(), first.end());
  out.insert(out.end(), rest.begin(), rest.end());
}

TcpReader::Result TcpReader::read(std::span<const std::byte>& bytes) {
  if (!error_.empty()) return Result::failed;
  for (;;) {
    std::size_t wanted = header;
    if (size_ >= header) {
      const unsigned protocol = unsigned{frame_[2]} << 8U | frame_[3];
      const unsigned length = unsigned{frame_[4]} << 8U | frame_[5];
      if (protocol != 0 || length < 2 || length > 254) {
        error_ =
            protocol != 0
                ? "this is no Modbus/TCP: protocol " + std::to_string(protocol) + " instead of 0"
                : "a Modbus/TCP frame announces " + std::to_string(length) + " bytes; 2 to 254 are possible";
        return Result::failed;
      }
      wanted = header + length;
    }
    if (size_ == wanted) {
      done_ = size_;
      size_ = 0;
      return Result::frame;
    }
    if (bytes.empty()) return Result::need_more;
    const std::size_t take = std::min(wanted - size_, bytes.size());
    std::memcpy(frame_.data() + size_, bytes.data(), take);
    bytes = bytes.subspan(take);
    size_ += take;
  }
}

}  // namespace standstill::modbus
