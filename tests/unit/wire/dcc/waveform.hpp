// Edges on simulated rails, written down half by half.
#pragma once

#include <vector>

#include "wire/dcc/edge_decoder.hpp"
#include "wire/dcc/packet.hpp"

namespace standstill::dcc {

class Waveform {
 public:
  EdgeDecoder decoder;
  std::vector<Packet> heard;
  Instant now = instant_from_ns(5'000'000'000);

  Waveform() { edge(); }
  void edge() {
    if (const auto packet = decoder.edge(now)) heard.push_back(*packet);
  }
  void half(Duration length) {
    now += length;
    edge();
  }
  void ones(int count, Duration first = 58us, Duration second = 58us) {
    for (int i = 0; i < count; ++i) {
      half(first);
      half(second);
    }
  }
  void zero(Duration first = 100us, Duration second = 100us) {
    half(first);
    half(second);
  }
  // "0 11111111 1": blanks are for the reader.
  void bits(std::string_view text) {
    for (const char c : text) {
      if (c == '1') ones(1);
      if (c == '0') zero();
    }
  }
};

}  // namespace standstill::dcc
