// links: wire/dcc
// Any edges on the rails: what the decoder takes for a packet is sound, and what the receiver makes of it is
// within its ranges, for its own address, and written to a variable only by a packet that came before.
//
// A byte below 128 is a half of so many µs; one above begins a whole packet, sent well, so that the fuzzer
// reaches what stands behind a preamble and a sum.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "wire/dcc/edge_decoder.hpp"
#include "wire/dcc/encoder.hpp"
#include "wire/dcc/receiver.hpp"

using namespace standstill;
using namespace standstill::dcc;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

class Rails {
 public:
  explicit Rails(std::uint8_t flags) {
    identity_.long_address = (flags & 1U) != 0;
    identity_.few_steps = (flags & 2U) != 0;
    identity_.reversed = (flags & 4U) != 0;
    receiver_.configure(identity_);
  }

  void half(Duration time) {
    now_ += time;
    const auto packet = decoder_.edge(now_);
    if (!packet) return;
    check(packet->valid());
    hear(*packet);
  }

 private:
  void hear(const Packet& packet) {
    const bool before = [&] {
      for (const Packet& one : heard_)
        if (one == packet) return true;
      return false;
    }();
    const bool is_reset = packet == reset();
    resets_ = resets_ || is_reset;
    const Action action = receiver_.take(packet, now_);
    heard_.push_back(packet);
    check(receiver_.last_packet() == now_);
    check(!receiver_.in_service(now_) || resets_);
    switch (action.kind) {
      case Action::Kind::speed:
        check(action.steps == 14 || action.steps == 28 || action.steps == 126);
        check(action.step <= action.steps);
        check((action.steps == 14) <= identity_.few_steps);
        check(is_mine(packet) || (packet.bytes[0] == 0 && action.step == 0));  // to everybody: only stops
        break;
      case Action::Kind::emergency_stop:
        check(is_mine(packet) || packet.bytes[0] == 0);
        break;
      case Action::Kind::cv:
        check(before && is_mine(packet) && is_variable(action.cv));
        break;
      case Action::Kind::service_cv:
        check(before && resets_ && (packet.bytes[0] & 0xF0U) == 0x70U && packet.size == 4 &&
              is_variable(action.cv));
        break;
      case Action::Kind::functions:
        check(is_mine(packet) || packet.bytes[0] == 0);
        break;
      case Action::Kind::none:
        break;
    }
    check(receiver_.functions() < std::uint32_t{1} << 29U);  // F0 to F28
  }

  [[nodiscard]] bool is_mine(const Packet& packet) const {
    return identity_.long_address ? packet.bytes[0] == 0xC0 && packet.bytes[1] == 3 : packet.bytes[0] == 3;
  }
  [[nodiscard]] static bool is_variable(const CvAccess& cv) {
    const bool bit = cv.act == CvAct::bit_verify || cv.act == CvAct::bit_write;
    return cv.number >= 1 && cv.number <= 1024 && (!bit || cv.data < 16);
  }

  Identity identity_;
  EdgeDecoder decoder_;
  Receiver receiver_;
  std::vector<Packet> heard_;
  Instant now_ = instant_from_ns(1'000'000'000);
  bool resets_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Rails rails(*data);
  for (std::size_t i = 1; i < size; ++i) {
    if (data[i] < 0x80) {
      rails.half(std::chrono::microseconds(data[i]));
      continue;
    }
    // Bits 0 to 1: how many bytes beyond two; 2 to 3: the preamble; 4: stretched zeros; 5: sent twice.
    const unsigned how = data[i];
    std::array<std::uint8_t, most_bytes - 1> content{};
    const std::size_t bytes = std::min<std::size_t>(2 + (how & 3U), size - i - 1);
    std::copy_n(data + i + 1, bytes, content.begin());
    i += bytes;
    if (bytes < 2) break;
    const Packet packet = seal(std::span<const std::uint8_t>(content).first(bytes));
    const Timing timing{.zero = (how & 0x10U) != 0 ? 9000us : 100us,
                        .preamble = static_cast<int>(8 + 4 * (how >> 2U & 3U))};
    for (unsigned times = 0; times < 1 + (how >> 5U & 1U); ++times)
      send(packet, timing, [&rails](Duration half) { rails.half(half); });
  }
  return 0;
}
