// Bits are written out from the figures of NMRA S-9.1 and S-9.2, never taken from our encoder, except where
// a property says so.
#include "wire/dcc/edge_decoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "unit/wire/dcc/waveform.hpp"
#include "wire/dcc/encoder.hpp"

namespace standstill::dcc {
namespace {

const std::string preamble(10, '1');
// S-9.2, figure 2: address 55, forward, step 6.
const std::string example = "0 00110111 0 01110100 0 01000011 1";
const Packet example_packet{{0x37, 0x74, 0x43}, 3};

TEST(DccEdges, TheExampleOfTheStandardIsHeard) {
  Waveform rails;
  rails.bits(preamble + example + "1");
  ASSERT_EQ(rails.heard.size(), 1U);
  EXPECT_EQ(rails.heard[0], example_packet);
}

TEST(DccEdges, IdlePacketOfTheStandardIsHeard) {
  Waveform rails;
  rails.bits(preamble + "0 11111111 0 00000000 0 11111111 1" + "1");
  ASSERT_EQ(rails.heard.size(), 1U);
  EXPECT_EQ(rails.heard[0], (Packet{{0xFF, 0, 0xFF}, 3}));
}

TEST(DccEdges, EachHalfIsNoBit) {
  // What takes each half for a bit hears 0011 for 01, and no packet.
  Waveform rails;
  rails.bits(preamble + example);
  rails.bits(preamble + example + "1");
  EXPECT_EQ(rails.heard.size(), 2U);
  EXPECT_EQ(rails.decoder.counts().packets, 2U);
}

TEST(DccEdges, NineOnesAreNoPreambleAndTenAre) {
  Waveform nine;
  nine.zero();
  nine.bits(std::string(9, '1') + example + "1");
  EXPECT_TRUE(nine.heard.empty());
  Waveform ten;
  ten.zero();
  ten.bits(std::string(10, '1') + example + "1");
  EXPECT_EQ(ten.heard.size(), 1U);
}

TEST(DccEdges, EndBitCountsForTheNextPreamble) {
  Waveform rails;
  rails.bits(preamble + example + std::string(9, '1') + example + "1");
  EXPECT_EQ(rails.heard.size(), 2U);
}

TEST(DccEdges, ThePhaseOfTheRailsDoesNotMatter) {
  // Set on the rails the other way round: the first edge comes one half later.
  Waveform rails;
  rails.half(58us);
  rails.bits(preamble + example + "1");
  EXPECT_EQ(rails.heard.size(), 1U);
}

TEST(DccEdges, WidthsAtTheirLimitsAreHeardAndBeyondAreNot) {
  const auto heard = [](Duration one_a, Duration one_b, Duration zero_a, Duration zero_b) {
    Waveform rails;
    const std::string text = preamble + example;
    for (const char c : text) {
      if (c == '1') rails.ones(1, one_a, one_b);
      if (c == '0') rails.zero(zero_a, zero_b);
    }
    rails.ones(1);
    return rails.heard.size() == 1;
  };
  EXPECT_TRUE(heard(52us, 52us, 90us, 90us));
  EXPECT_TRUE(heard(64us, 64us, 10000us, 10000us));
  EXPECT_TRUE(heard(52us, 58us, 100us, 100us));
  EXPECT_TRUE(heard(64us, 58us, 90us, 10000us));
  EXPECT_TRUE(heard(58us, 58us, 9898us, 95us));  // stretched for an analogue engine
  EXPECT_FALSE(heard(51us, 51us, 100us, 100us));
  EXPECT_FALSE(heard(65us, 65us, 100us, 100us));
  EXPECT_FALSE(heard(53us, 60us, 100us, 100us));
  EXPECT_FALSE(heard(58us, 58us, 89us, 100us));
  EXPECT_FALSE(heard(58us, 58us, 100us, 10001us));
}

TEST(DccEdges, AWrongSumIsCountedAndNotHeard) {
  Waveform rails;
  rails.bits(preamble + "0 00110111 0 01110101 0 01000011 1" + "1");
  EXPECT_TRUE(rails.heard.empty());
  EXPECT_EQ(rails.decoder.counts().bad_sum, 1U);
}

TEST(DccEdges, TwoBytesAndSevenAreNoPacket) {
  Waveform two;
  two.bits(preamble + "0 00110111 0 00110111 1" + "1");
  EXPECT_TRUE(two.heard.empty());
  Waveform seven;
  std::string text = preamble;
  for (int i = 0; i < 7; ++i) text += "0 00000000 ";
  seven.bits(text + "1" + "1");
  EXPECT_TRUE(seven.heard.empty());
  Waveform six;
  text = preamble;
  for (int i = 0; i < 6; ++i) text += "0 00000000 ";
  six.bits(text + "1" + "1");
  EXPECT_EQ(six.heard.size(), 1U);
}

TEST(DccEdges, ABrokenPacketSpoilsNoLaterOne) {
  Waveform rails;
  rails.bits(preamble + "0 0011");
  rails.half(30us);
  rails.bits(preamble + preamble + example + "1");
  EXPECT_EQ(rails.heard.size(), 1U);
  EXPECT_EQ(rails.decoder.counts().bad_framing, 1U);
}

TEST(DccEdges, ContactNoiseIsNoEdge) {
  Waveform rails;
  rails.bits(preamble);
  rails.half(40us);  // a spike of 3 µs within a half of 100
  rails.half(3us);
  rails.half(57us);
  rails.half(100us);
  rails.bits(example.substr(1) + "1");
  EXPECT_EQ(rails.heard.size(), 1U);
}

TEST(DccEdges, TimeDoesNotWrapInAnEnginesLife) {
  // Microseconds in 32 bits wrap after 71 minutes, milliseconds after 49.7 days; ticks of 125 ns and 250 ns
  // at 6.2 and 12.4 days.
  for (const std::int64_t seconds : {4294LL, 535'000LL, 1'071'000LL, 4'294'967LL, 86'400LL * 365 * 30}) {
    Waveform rails;
    rails.now = instant_from_ns(seconds * 1'000'000'000) - 2ms;
    rails.edge();
    rails.bits(preamble + example + preamble + example + "1");
    EXPECT_EQ(rails.heard.size(), 2U) << seconds;
  }
}

TEST(DccEdges, LongSilenceIsNotTakenForAShortHalf) {
  Waveform rails;
  rails.ones(10);
  rails.half(std::chrono::nanoseconds((std::int64_t{1} << 32U) + 58'000));  // 58 µs modulo 2^32 ns
  rails.bits(example + "1");
  EXPECT_TRUE(rails.heard.empty());
}

TEST(DccEdges, AnyPacketComesBackThroughAnyJitter) {
  EXPECT_TRUE(
      rc::check("packet → halves with jitter, stretched zeros and either phase → the same packet", [] {
        const auto size = *rc::gen::inRange<std::size_t>(2, 6);
        const auto content =
            *rc::gen::container<std::vector<std::uint8_t>>(size, rc::gen::arbitrary<std::uint8_t>());
        const Packet packet = seal(content);
        Duration whole{};
        send(packet, {}, [&](Duration half) { whole += half; });
        RC_ASSERT(duration(packet, {}) == whole);
        Waveform rails;
        if (*rc::gen::arbitrary<bool>()) rails.half(58us);
        const int ones = *rc::gen::inRange(11, 30);
        for (int repeat = 0; repeat < 2; ++repeat) {
          bool second = false;
          std::int64_t first_one = 0;
          send(packet, {58us, 100us, ones}, [&](Duration half) {
            std::int64_t ns = 0;
            if (half == 58us) {
              ns = second ? first_one + *rc::gen::inRange(-5999, 6000) : *rc::gen::inRange(52'000, 64'001);
              ns = std::clamp<std::int64_t>(ns, 52'000, 64'000);
              first_one = ns;
            } else {
              ns = *rc::gen::element(*rc::gen::inRange(90'000, 130'000),
                                     *rc::gen::inRange(90'000, 10'000'001));
            }
            second = !second;
            rails.half(Duration{ns});
          });
        }
        rails.ones(1);
        RC_ASSERT(rails.heard.size() == 2U);
        RC_ASSERT(rails.heard[0] == packet && rails.heard[1] == packet);
      }));
}

TEST(DccEdges, RandomEdgesMakeNoUnsoundPacket) {
  EXPECT_TRUE(rc::check("whatever the edges: what is heard has its size and sum", [] {
    Waveform rails;
    const auto halves = *rc::gen::container<std::vector<int>>(
        rc::gen::element(58'000, 58'000, 58'000, 100'000, 100'000, 3'000, 75'000, 11'000'000));
    for (const int ns : halves) rails.half(Duration{ns});
    for (const Packet& packet : rails.heard) RC_ASSERT(packet.valid());
  }));
}

}  // namespace
}  // namespace standstill::dcc
