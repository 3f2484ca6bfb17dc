// links: wire/s7 sim
// Any bytes as the requests of a client: the simulated CPU answers frames that its own codec reads, within
// the PDU.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "sim/plc_cpu.hpp"
#include "wire/s7/frame.hpp"

using namespace standstill;

// The first byte says how the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  sim::PlcCpu cpu(
      {.pdu = 240, .outstanding = 4, .put_get = true, .writable = true, .bit_writes = true, .password = {}});
  sim::PlcCpu::Connection connection;
  s7::FrameReader reader;
  auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t step = 1U + data[0];
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(piece.size());
    reader.add(piece);
    for (;;) {
      const auto what = reader.next();
      if (what == s7::FrameReader::Result::failed) {
        if (reader.error().empty()) std::abort();
        return 0;
      }
      if (what == s7::FrameReader::Result::need_more) break;
      if (what != s7::FrameReader::Result::data) continue;
      const auto request = s7::read_message(reader.message());
      if (!request) continue;
      const auto answer = cpu.answer(connection, *request, 0);
      if (!answer) continue;
      s7::FrameReader own;
      own.add(*answer);
      if (own.next() != s7::FrameReader::Result::data || !s7::read_message(own.message())) std::abort();
      if (answer->size() > s7::data_frame_head + 240 + 26) std::abort();
    }
    if (reader.buffered() > 2 * s7::FrameReader::largest_message) std::abort();
  }
  return 0;
}
