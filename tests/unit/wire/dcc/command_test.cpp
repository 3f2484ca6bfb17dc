// Every byte here was written down from the tables of NMRA S-9.2, S-9.2.1 and S-9.2.3.
#include "wire/dcc/command.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

#include "wire/dcc/encoder.hpp"
#include "wire/dcc/receiver.hpp"

namespace standstill::dcc {
namespace {

Packet packet(std::initializer_list<std::uint8_t> bytes) {
  Packet made;
  for (const std::uint8_t byte : bytes) made.bytes[made.size++] = byte;
  return made;
}
Command decoded(std::initializer_list<std::uint8_t> bytes, bool few = false) {
  return decode(packet(bytes), few);
}

TEST(DccCommand, TheExampleOfTheStandard) {
  const Command is = decoded({0x37, 0x74, 0x43});
  EXPECT_EQ(is.kind, CommandKind::speed);
  EXPECT_EQ(is.audience, Audience::short_address);
  EXPECT_EQ(is.address, 55);
  EXPECT_TRUE(is.forward);
  EXPECT_EQ(is.step, 6);
  EXPECT_EQ(is.steps, 28);
}

TEST(DccCommand, EveryOneOfTwentyEightSteps) {
  // S-9.2, table: C S3 S2 S1 S0 from 0 0010 (step 1), 1 0010 (step 2) to 1 1111 (step 28).
  for (unsigned step = 1; step <= 28; ++step) {
    const unsigned low = (step + 3) / 2;
    const unsigned high = (step + 3) % 2;
    const auto byte = static_cast<std::uint8_t>(0x60U | high << 4U | low);
    const Command is = decoded({0x03, byte, static_cast<std::uint8_t>(0x03U ^ byte)});
    EXPECT_EQ(is.step, step);
    EXPECT_FALSE(is.emergency);
    EXPECT_EQ(speed28({3, false}, static_cast<std::uint8_t>(step), true).bytes[1], byte);
  }
}

TEST(DccCommand, StopIsNotStepSixteen) {
  for (const std::uint8_t byte :
       std::initializer_list<std::uint8_t>{0x40, 0x50, 0x60, 0x70}) {  // either direction, C either way
    const Command is = decoded({0x03, byte, static_cast<std::uint8_t>(0x03 ^ byte)});
    EXPECT_EQ(is.step, 0);
    EXPECT_FALSE(is.emergency);
  }
  for (const std::uint8_t byte : std::initializer_list<std::uint8_t>{0x41, 0x51, 0x61, 0x71}) {
    const Command is = decoded({0x03, byte, static_cast<std::uint8_t>(0x03 ^ byte)});
    EXPECT_EQ(is.step, 0);
    EXPECT_TRUE(is.emergency);
  }
}

TEST(DccCommand, HundredTwentySixSteps) {
  const auto step = [](std::uint8_t byte) {
    return decoded({3, 0x3F, byte, static_cast<std::uint8_t>(3 ^ 0x3F ^ byte)});
  };
  EXPECT_EQ(step(0x80).step, 0);
  EXPECT_FALSE(step(0x80).emergency);
  EXPECT_TRUE(step(0x81).emergency);
  EXPECT_EQ(step(0x82).step, 1);
  EXPECT_EQ(step(0xFF).step, 126);
  EXPECT_EQ(step(0xFF).steps, 126);
  EXPECT_TRUE(step(0xFF).forward);
  EXPECT_FALSE(step(0x7F).forward);
}

TEST(DccCommand, FourteenStepsTakeTheLightFromC) {
  EXPECT_EQ(decoded({3, 0x72, 0x71}, true).step, 1);
  EXPECT_EQ(decoded({3, 0x6F, 0x6C}, true).step, 14);
  EXPECT_EQ(decoded({3, 0x6F, 0x6C}, true).steps, 14);
  EXPECT_TRUE(decoded({3, 0x61, 0x62}, true).emergency);
}

TEST(DccCommand, BroadcastStopsAndNothingElse) {
  EXPECT_EQ(decoded({0, 0x60, 0x60}).kind, CommandKind::speed);
  EXPECT_FALSE(decoded({0, 0x60, 0x60}).emergency);
  EXPECT_TRUE(decoded({0, 0x71, 0x71}).emergency);
  EXPECT_EQ(decoded({0, 0x68, 0x68}).kind, CommandKind::unknown);  // a speed for everybody
  // The same with 128 steps.
  EXPECT_EQ(decoded({0, 0x3F, 0x90, 0xAF}).kind, CommandKind::unknown);
  EXPECT_EQ(decoded({0, 0x3F, 0x02, 0x3D}).kind, CommandKind::unknown);
  EXPECT_EQ(decoded({0, 0x3F, 0x80, 0xBF}).kind, CommandKind::speed);
  EXPECT_EQ(decoded({0, 0x3F, 0x80, 0xBF}).step, 0);
  EXPECT_TRUE(decoded({0, 0x3F, 0x01, 0x3E}).emergency);
  EXPECT_EQ(decoded({0, 0, 0}).kind, CommandKind::reset);
  EXPECT_EQ(decoded({0xFF, 0, 0xFF}).kind, CommandKind::idle);
}

TEST(DccCommand, FunctionGroupsAreNotSpeeds) {
  EXPECT_EQ(decoded({3, 0x90, 0x93}).functions, 1U);        // F0
  EXPECT_EQ(decoded({3, 0x81, 0x82}).functions, 1U << 1U);  // F1
  EXPECT_EQ(decoded({3, 0x88, 0x8B}).functions, 1U << 4U);  // F4
  EXPECT_EQ(decoded({3, 0xB1, 0xB2}).functions, 1U << 5U);  // F5
  EXPECT_EQ(decoded({3, 0xB1, 0xB2}).kind, CommandKind::function);
  EXPECT_EQ(decoded({3, 0xA8, 0xAB}).functions, 1U << 12U);
  EXPECT_EQ(decoded({3, 0xDE, 0x01, 0xDC}).functions, 1U << 13U);
  EXPECT_EQ(decoded({3, 0xDF, 0x80, 0x5C}).functions, 1U << 28U);
}

TEST(DccCommand, LongAddresses) {
  // 1000 = 0x03E8: C3 E8
  const Command is = decoded({0xC3, 0xE8, 0x3F, 0x90, 0xC3 ^ 0xE8 ^ 0x3F ^ 0x90});
  EXPECT_EQ(is.audience, Audience::long_address);
  EXPECT_EQ(is.address, 1000);
  EXPECT_EQ(is.step, 15);
}

TEST(DccCommand, VariablesOnTheMainLine) {
  // CV42 = 120: 1110 11 00, 00101001, 01111000
  const Command is = decoded({3, 0xEC, 0x29, 0x78, 3 ^ 0xEC ^ 0x29 ^ 0x78});
  EXPECT_EQ(is.kind, CommandKind::cv);
  EXPECT_EQ(is.cv, (CvAccess{CvAct::write, 42, 120}));
  EXPECT_EQ(decoded({3, 0xE4, 0x29, 0x78, 3 ^ 0xE4 ^ 0x29 ^ 0x78}).cv.act, CvAct::verify);
  // bit 3 of CV29 := 1: 111 1 1 011
  EXPECT_EQ(decoded({3, 0xE8, 0x1C, 0xFB, 3 ^ 0xE8 ^ 0x1C ^ 0xFB}).cv,
            (CvAccess{CvAct::bit_write, 29, 0x0B}));
  EXPECT_EQ(decoded({3, 0xEF, 0xFF, 0x01, 3 ^ 0xEF ^ 0xFF ^ 0x01}).cv.number, 1024);
}

TEST(DccCommand, AnAccessoryOrABadSumIsNobodysBusiness) {
  EXPECT_EQ(decoded({0x81, 0xF8, 0x79}).kind, CommandKind::unknown);
  EXPECT_EQ(decoded({3, 0x74, 0x43}).kind, CommandKind::unknown);
}

struct Scene {
  Receiver receiver;
  Instant now = instant_from_ns(1'000'000'000);
  Action takes(const Packet& one) {
    now += 7ms;
    return receiver.take(one, now);
  }
};

TEST(DccReceiver, OwnAddressOnly) {
  Scene is;
  EXPECT_EQ(is.takes(packet({3, 0x62, 0x61})).kind, Action::Kind::speed);
  EXPECT_EQ(is.takes(packet({4, 0x62, 0x66})).kind, Action::Kind::none);
  EXPECT_EQ(is.receiver.last_packet(), is.now);  // somebody else's is a sign of the signal too
  EXPECT_LT(is.receiver.last_own(), is.now);
  is.receiver.configure({1000, true, false, false});
  EXPECT_EQ(is.takes(packet({3, 0x62, 0x61})).kind, Action::Kind::none);
  EXPECT_EQ(is.takes(packet({0xC3, 0xE8, 0x3F, 0x90, 0x84})).kind, Action::Kind::speed);
}

TEST(DccReceiver, AVariableIsWrittenByTheSecondOfTwoPackets) {
  Scene is;
  const Packet write = cv_write({3, false}, 42, 120);
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
  EXPECT_EQ(is.takes(idle()).kind, Action::Kind::none);  // not for this decoder
  EXPECT_EQ(is.takes(write).kind, Action::Kind::cv);
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);  // the third is the same order
  EXPECT_EQ(is.takes(cv_write({3, false}, 42, 121)).kind, Action::Kind::none);
  EXPECT_EQ(is.takes(packet({3, 0x62, 0x61})).kind, Action::Kind::speed);  // something else for it in between
  EXPECT_EQ(is.takes(cv_write({3, false}, 42, 121)).kind, Action::Kind::none);
}

TEST(DccReceiver, NoVariableForEverybodyAtOnce) {
  Scene is;
  const Packet write = packet({0, 0xEC, 0x00, 0x05, 0xE9});
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
}

TEST(DccReceiver, ServiceModeComesFromResetPacketsAndEnds) {
  Scene is;
  const Packet write = packet({0x7C, 0x29, 0x78, 0x7C ^ 0x29 ^ 0x78});  // CV42 := 120
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);  // no reset before: somebody's address 124
  EXPECT_FALSE(is.receiver.in_service(is.now));
  EXPECT_EQ(is.takes(reset()).kind, Action::Kind::emergency_stop);
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
  EXPECT_TRUE(is.receiver.in_service(is.now));
  const Action acts = is.takes(write);
  EXPECT_EQ(acts.kind, Action::Kind::service_cv);
  EXPECT_EQ(acts.cv, (CvAccess{CvAct::write, 42, 120}));
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
  EXPECT_TRUE(is.receiver.in_service(is.now + 20ms));
  EXPECT_FALSE(is.receiver.in_service(is.now + 21ms));
  is.now += 30ms;
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
  EXPECT_EQ(is.takes(write).kind, Action::Kind::none);
}

TEST(DccReceiver, WhatFollowsAResetAndIsNoServicePacketIsAnOrder) {
  Scene is;
  is.receiver.configure({7, false, false, false});
  EXPECT_EQ(is.takes(reset()).kind, Action::Kind::emergency_stop);
  EXPECT_EQ(is.takes(packet({0x07, 0x3F, 0x90, 0x07 ^ 0x3F ^ 0x90})).kind, Action::Kind::speed);
  EXPECT_FALSE(is.receiver.in_service(is.now));
}

TEST(DccReceiver, ServiceModeThatEndedTakesNoOtherVariable) {
  Scene is;
  const Packet first = packet({0x7C, 0x29, 0x78, 0x7C ^ 0x29 ^ 0x78});
  const Packet other = packet({0x7C, 0x2B, 0x1E, 0x7C ^ 0x2B ^ 0x1E});
  (void)is.takes(reset());
  (void)is.takes(first);
  EXPECT_EQ(is.takes(first).kind, Action::Kind::service_cv);
  is.now += 30ms;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(is.takes(other).kind, Action::Kind::none);
  EXPECT_FALSE(is.receiver.in_service(is.now));
}

TEST(DccReceiver, WhatEverybodyIsToldIsNotForThisOneAlone) {
  Scene is;
  (void)is.takes(packet({3, 0x62, 0x61}));
  const Instant own = is.now;
  EXPECT_EQ(is.takes(stop_everybody(false)).kind, Action::Kind::speed);
  EXPECT_EQ(is.receiver.last_own(), own) << "CV11 counts its own packets";
}

TEST(DccReceiver, FunctionsOfEveryGroupStayTogether) {
  Scene is;
  is.takes(packet({3, 0x90, 0x93}));
  is.takes(packet({3, 0xB1, 0xB2}));
  is.takes(packet({3, 0xDE, 0x01, 0xDC}));
  EXPECT_EQ(is.receiver.functions(), 1U | 1U << 5U | 1U << 13U);
  is.takes(packet({3, 0x80, 0x83}));
  EXPECT_EQ(is.receiver.functions(), 1U << 5U | 1U << 13U);
}

}  // namespace
}  // namespace standstill::dcc
