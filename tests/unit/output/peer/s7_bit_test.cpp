// A PLC's bit as an output: the bytes as they were recorded, and the simulated PLC for everything that can go
// wrong.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "os/clock.hpp"
#include "output/peer/s7_bit_output.hpp"
#include "support/plc_peer.hpp"

namespace standstill::output {
namespace {

using test::PlcPeer;

bool never_abort() { return false; }

plan::Output bit_of(std::uint16_t port) {
  plan::Output output;
  output.kind = plan::OutputKind::s7_bit;
  output.host.assign("127.0.0.1");
  output.port = port;
  output.timeout_ms = 20000;
  output.plc.remote_tsap = 0x0102;
  output.plc.db = 1;
  output.plc.byte = 4;
  output.plc.bit = 4;
  return output;
}

class S7Bit : public testing::Test {
 protected:
  std::string value(const std::string& address) { return peer.tell("get " + address); }
  [[nodiscard]] bool bit(bool on) {
    return value("DB1.DBX4.4").find(on ? "true" : "false") != std::string::npos;
  }
  static std::string said(const Outcome& outcome) { return std::string(outcome.trouble.view()); }

  PlcPeer peer;
  plan::Output settings = bit_of(peer.port());
  S7BitOutput output{settings};
};

using Hex = std::vector<unsigned>;

// Answers each thing it hears with the next of the recorded answers, and keeps what it heard.
class Played {
 public:
  explicit Played(std::vector<Hex> answers) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, answers = std::move(answers)] {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      for (const auto& answer : answers) {
        unsigned char bytes[256];
        const ssize_t count = ::recv(fd, bytes, sizeof bytes, 0);
        heard.emplace_back(bytes, bytes + std::max<ssize_t>(count, 0));
        const std::vector<unsigned char> out(answer.begin(), answer.end());
        EXPECT_EQ(::send(fd, out.data(), out.size(), MSG_NOSIGNAL), static_cast<ssize_t>(out.size()));
      }
      ::close(fd);
    });
  }
  ~Played() { end(); }
  Played(const Played&) = delete;
  Played& operator=(const Played&) = delete;
  void end() {
    if (!thread_.joinable()) return;
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port = 0;
  std::vector<Hex> heard;  // after end()

 private:
  int listener_ = -1;
  std::thread thread_;
};

// Connect, confirm, setup and the answers as recorded from a real snap7 server (240 bytes wished and
// granted); the bit write has word length 1, transport 3 and a length in elements.
TEST(S7BitBytes, AreThoseThatWereRecorded) {
  Played played({{0x03, 0x00, 0x00, 0x16, 0x11, 0xD0, 0x00, 0x01, 0x00, 0x01, 0x00,
                  0xC0, 0x01, 0x0A, 0xC1, 0x02, 0x01, 0x00, 0xC2, 0x02, 0x01, 0x02},
                 {0x03, 0x00, 0x00, 0x1B, 0x02, 0xF0, 0x80, 0x32, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00,
                  0x08, 0x00, 0x00, 0x00, 0x00, 0xF0, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0xF0},
                 {0x03, 0x00, 0x00, 0x16, 0x02, 0xF0, 0x80, 0x32, 0x03, 0x00, 0x00,
                  0x00, 0x02, 0x00, 0x02, 0x00, 0x01, 0x00, 0x00, 0x05, 0x01, 0xFF}});
  const plan::Output settings = bit_of(played.port);
  S7BitOutput output(settings);
  const auto outcome = output.apply(true, never_abort);
  EXPECT_TRUE(outcome.good) << outcome.trouble.view();
  EXPECT_NE(outcome.commanded, Instant{});
  played.end();
  ASSERT_EQ(played.heard.size(), 3U);
  EXPECT_EQ(played.heard[0], (Hex{0x03, 0x00, 0x00, 0x16, 0x11, 0xE0, 0x00, 0x00, 0x00, 0x01, 0x00,
                                  0xC0, 0x01, 0x0A, 0xC1, 0x02, 0x01, 0x00, 0xC2, 0x02, 0x01, 0x02}));
  EXPECT_EQ(played.heard[1],
            (Hex{0x03, 0x00, 0x00, 0x19, 0x02, 0xF0, 0x80, 0x32, 0x01, 0x00, 0x00, 0x00, 0x01,
                 0x00, 0x08, 0x00, 0x00, 0xF0, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0xF0}));
  EXPECT_EQ(played.heard[2], (Hex{0x03, 0x00, 0x00, 0x24, 0x02, 0xF0, 0x80, 0x32, 0x01, 0x00, 0x00, 0x00,
                                  0x02, 0x00, 0x0E, 0x00, 0x05, 0x05, 0x01, 0x12, 0x0A, 0x10, 0x01, 0x00,
                                  0x01, 0x00, 0x01, 0x84, 0x00, 0x00, 0x24, 0x00, 0x03, 0x00, 0x01, 0x01}));
}

TEST(S7BitBytes, WhoSpeaksAnotherLanguageIsNotSaidToRefuseTheConnection) {
  Played played({{'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4', '0', '0'}});
  const plan::Output settings = bit_of(played.port);
  S7BitOutput output(settings);
  const auto outcome = output.apply(false, never_abort);
  EXPECT_FALSE(outcome.good);
  EXPECT_NE(outcome.trouble.view().find("what comes is no ISO-on-TCP"), std::string_view::npos)
      << outcome.trouble.view();
}

TEST_F(S7Bit, IsWrittenAndItsNeighboursAreNot) {
  peer.tell("set DB1.DBB4 170");  // 1010 1010
  EXPECT_TRUE(output.apply(true, never_abort).good);
  EXPECT_NE(value("DB1.DBB4").find("\"186\""), std::string::npos) << value("DB1.DBB4");
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_NE(value("DB1.DBB4").find("\"170\""), std::string::npos) << value("DB1.DBB4");
}

TEST_F(S7Bit, SafeMayBeOne) {
  settings.plc.safe = 1;
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_TRUE(bit(true));
  EXPECT_TRUE(output.apply(true, never_abort).good);
  EXPECT_TRUE(bit(false));
}

TEST_F(S7Bit, SafeIsSaidAgainOnANewConnectionAndRunIsNot) {
  EXPECT_TRUE(output.apply(true, never_abort).good);
  peer.tell("cut 0");  // hears it, does it, and ends without an answer
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_TRUE(bit(false));
  peer.tell("cut 0");
  const auto run = output.apply(true, never_abort);
  EXPECT_FALSE(run.good);
  EXPECT_NE(said(run).find("127.0.0.1:" + std::to_string(peer.port())), std::string::npos) << said(run);
}

TEST_F(S7Bit, AnAnswerThatDoesNotComeOrIsAnotherOnesConfirmsNothing) {
  EXPECT_TRUE(output.apply(true, never_abort).good);
  settings.timeout_ms = 100;
  peer.tell("lose 1");
  const auto lost = output.apply(false, never_abort);
  EXPECT_FALSE(lost.good);
  EXPECT_NE(said(lost).find("no answer in time"), std::string::npos) << said(lost);
  EXPECT_NE(lost.commanded, Instant{}) << "it was written all the same";
  settings.timeout_ms = 20000;
  EXPECT_TRUE(output.probe().good);
  settings.timeout_ms = 100;
  peer.tell("wrong-sequence 1");
  EXPECT_FALSE(output.apply(false, never_abort).good);
  for (const char* fault : {"garbage 2", "wrong-length 2"}) {
    peer.tell(fault);
    EXPECT_FALSE(output.apply(true, never_abort).good) << fault;
    peer.tell(std::string(fault).substr(0, std::string(fault).find(' ')) + " 0");
  }
  settings.timeout_ms = 20000;
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_TRUE(bit(false));
}

// The order of run and safe is kept by saying both on one connection: on two, the older could arrive last.
TEST_F(S7Bit, ARunThatACutOvertakesIsFollowedBySafeOnTheSameConnection) {
  EXPECT_TRUE(output.probe().good);
  peer.tell("delay 300");
  const auto run = output.apply(true, [] { return true; });
  EXPECT_FALSE(run.good);
  EXPECT_NE(run.commanded, Instant{});
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_TRUE(bit(false));
  EXPECT_NE(peer.tell("status").find("\"clients\":1"), std::string::npos) << peer.tell("status");
  // connect is no request of the CPU's: setup, the probe's read, run, safe
  EXPECT_NE(peer.tell("status").find("\"requests\":4"), std::string::npos) << peer.tell("status");
}

TEST_F(S7Bit, AProbeAsksForTheBitItself) {
  EXPECT_TRUE(output.probe().good);
  settings.plc.db = 99;
  S7BitOutput missing(settings);
  const auto nothing_there = missing.probe();
  EXPECT_FALSE(nothing_there.good);
  EXPECT_NE(said(nothing_there).find("DB99.DBX4.4: the PLC has no such block"), std::string::npos)
      << said(nothing_there);
  peer.tell("put-get off");
  EXPECT_FALSE(output.probe().good);
  peer.tell("put-get on");
  EXPECT_TRUE(output.probe().good);
  peer.tell("crash");
  EXPECT_FALSE(output.probe().good);
  EXPECT_FALSE(output.apply(false, never_abort).good);
  peer.tell("restart 0");
  const Instant limit = os::now() + 30s;
  while (!output.probe().good && os::now() < limit) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(output.apply(false, never_abort).good);
}

// A PLC that restarts sets its blocks to their initial values: what was made safe is not safe any more.
TEST_F(S7Bit, WhatWasMadeSafeAndHasChangedIsMadeSafeAgainAndSaid) {
  EXPECT_TRUE(output.apply(false, never_abort).good);
  EXPECT_TRUE(output.probe().good);
  peer.tell("set DB1.DBX4.4 true");
  const auto changed = output.probe();
  EXPECT_FALSE(changed.good);
  EXPECT_NE(said(changed).find("had changed"), std::string::npos) << said(changed);
  EXPECT_TRUE(bit(false));
  EXPECT_TRUE(output.probe().good);
  // While it runs its value is nobody's business but the read-back's.
  EXPECT_TRUE(output.apply(true, never_abort).good);
  peer.tell("set DB1.DBX4.4 false");
  EXPECT_TRUE(output.probe().good);
}

TEST_F(S7Bit, APlcThatRefusesBitWritesIsNoOutput) {
  peer.tell("bit-writes off");
  const auto refused = output.apply(true, never_abort);
  EXPECT_FALSE(refused.good);
  EXPECT_NE(said(refused).find("refuses to write single bits"), std::string::npos) << said(refused);
  EXPECT_TRUE(bit(false)) << "its byte was written instead";
  peer.tell("writable off");
  EXPECT_FALSE(output.apply(false, never_abort).good);
}

TEST_F(S7Bit, AProtectedCpuWantsItsPassword) {
  peer.tell("password geheim");
  const auto without = output.probe();
  EXPECT_FALSE(without.good);
  EXPECT_NE(said(without).find("password"), std::string::npos) << said(without);
  settings.plc.password.assign("geheim");
  S7BitOutput with(settings);
  EXPECT_TRUE(with.probe().good) << said(with.probe());
  settings.plc.password.assign("falsch");
  S7BitOutput wrong(settings);
  EXPECT_NE(said(wrong.probe()).find("the password is wrong"), std::string::npos);
}

}  // namespace
}  // namespace standstill::output
