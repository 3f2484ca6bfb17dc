// What a command station sends in service mode, by the bytes of NMRA S-9.2.3, and what it concludes.
#include "wire/dcc/programmer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace standstill::dcc {
namespace {

// A decoder with variables, which answers as the standard says; written from it, not from our receiver.
struct Decoder {
  std::map<int, int> variables{{1, 3}, {29, 6}, {1024, 0xA5}};
  std::vector<std::vector<std::uint8_t>> heard;

  bool exchange(std::span<const Packet> packets) {
    bool acknowledged = false;
    for (const Packet& packet : packets) {
      heard.emplace_back(packet.view().begin(), packet.view().end());
      const auto& bytes = heard.back();
      if ((bytes[0] & 0xF0) != 0x70 || bytes.size() != 4) continue;
      const int number = ((bytes[0] & 3) << 8 | bytes[1]) + 1;
      const auto is = variables.find(number);
      if (is == variables.end()) continue;
      switch (bytes[0] >> 2 & 3) {
        case 1:
          acknowledged = acknowledged || is->second == bytes[2];
          break;
        case 2:
          acknowledged = acknowledged || (is->second >> (bytes[2] & 7) & 1) == (bytes[2] >> 3 & 1);
          break;
        case 3:
          is->second = bytes[2];
          acknowledged = true;
          break;
      }
    }
    return acknowledged;
  }
};

TEST(DccProgrammer, TheBytesOfTheStandard) {
  Decoder decoder;
  Programmer programmer(decoder);
  EXPECT_TRUE(programmer.verify(29, 6));
  using Bytes = std::vector<std::uint8_t>;
  const Bytes reset{0, 0, 0};
  const Bytes verify{0x74, 0x1C, 0x06, 0x6E};  // CV29 is place 28; XOR by hand
  EXPECT_EQ(decoder.heard,
            (std::vector<Bytes>{reset, reset, reset, verify, verify, verify, verify, verify, reset}));
  decoder.heard.clear();
  EXPECT_TRUE(programmer.verify_bit(1024, 7, true));  // 0xA5 has bit 7
  EXPECT_EQ(decoder.heard[3], (Bytes{0x7B, 0xFF, 0xEF, 0x7B ^ 0xFF ^ 0xEF}));
  EXPECT_FALSE(programmer.verify_bit(1024, 6, true));
  decoder.heard.clear();
  EXPECT_TRUE(programmer.write(1, 42));
  EXPECT_EQ(decoder.heard[3], (Bytes{0x7C, 0x00, 0x2A, 0x56}));
  EXPECT_EQ(decoder.heard.size(), 3U + 5U + 6U);
  EXPECT_EQ(decoder.variables[1], 42);
}

TEST(DccProgrammer, ReadsEveryByteAndNoneFromAnEmptyTrack) {
  Decoder decoder;
  Programmer programmer(decoder);
  for (int value = 0; value < 256; ++value) {
    decoder.variables[5] = value;
    EXPECT_EQ(programmer.read(5), value);
  }
  EXPECT_EQ(programmer.read(6), std::nullopt);  // nobody answers; eight times nothing is not 0
}

TEST(DccProgrammer, APowerOnCycleIsTwentyPackets) {
  Decoder decoder;
  Programmer programmer(decoder);
  programmer.power_on();
  EXPECT_GE(decoder.heard.size(), 20U);
}

}  // namespace
}  // namespace standstill::dcc
