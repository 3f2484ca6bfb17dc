// Datagrams between real sockets of this machine.
#include "link/datagram.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "os/clock.hpp"

namespace standstill::link {
namespace {

Address loopback(std::uint16_t port = 0) { return resolve("127.0.0.1", port, true).value().front(); }
std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}
template <class Condition>
bool until(os::Loop& loop, Condition condition) {
  const Instant limit = os::now() + 60s;
  while (!condition() && os::now() < limit) loop.turn(20ms);
  return condition();
}

TEST(DatagramPort, SendsTheSameToEverybodyWhoListens) {
  os::Loop loop;
  std::vector<std::string> heard;
  DatagramPort a(loop, {}, [&](std::string_view text) { heard.emplace_back("a:" + std::string(text)); });
  DatagramPort b(loop, {}, [&](std::string_view text) { heard.emplace_back("b:" + std::string(text)); });
  DatagramPort sender(loop, {}, [](std::string_view) {});
  ASSERT_TRUE(a.open(loopback()));
  ASSERT_TRUE(b.open(loopback()));
  ASSERT_TRUE(sender.open(loopback()));
  // One that cannot be sent to, of another family, stands between them.
  const std::vector<Address> to{loopback(port_of(a.bound())), resolve("::1", 9, true).value().front(),
                                loopback(port_of(b.bound()))};
  EXPECT_EQ(sender.send("stop", to), 2U);
  EXPECT_TRUE(until(loop, [&] { return heard.size() == 2; }));
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "a:stop"), 1);
  EXPECT_EQ(std::count(heard.begin(), heard.end(), "b:stop"), 1);
}

TEST(DatagramPort, AFloodGetsAShareAndNoMore) {
  os::Loop loop;
  unsigned heard = 0;
  DatagramPort port(loop, {.longest = 100, .a_turn = 8, .rest = 50ms}, [&](std::string_view) { ++heard; });
  DatagramPort sender(loop, {}, [](std::string_view) {});
  ASSERT_TRUE(port.open(loopback()));
  ASSERT_TRUE(sender.open(loopback()));
  const std::vector<Address> to(100, loopback(port_of(port.bound())));
  EXPECT_EQ(sender.send("x", to), 100U);
  loop.turn(1s);
  EXPECT_EQ(heard, 8U) << "then it rests, whatever waits";
  EXPECT_EQ(port.rests(), 1U);
  EXPECT_TRUE(until(loop, [&] { return heard == 100; })) << heard;
}

TEST(DatagramPort, WhatIsTooLongIsDroppedAndCounted) {
  os::Loop loop;
  std::vector<std::string> heard;
  DatagramPort port(loop, {.longest = 10}, [&](std::string_view text) { heard.emplace_back(text); });
  DatagramPort sender(loop, {}, [](std::string_view) {});
  ASSERT_TRUE(port.open(loopback()));
  ASSERT_TRUE(sender.open(loopback()));
  const std::vector<Address> to{loopback(port_of(port.bound()))};
  sender.send("12345678901", to);
  sender.send("1234567890", to);
  ASSERT_TRUE(until(loop, [&] { return !heard.empty(); }));
  EXPECT_EQ(heard, std::vector<std::string>{"1234567890"});
  EXPECT_EQ(port.too_long(), 1U);
}

TEST(DatagramPort, SaysWhyAPortCannotBeHad) {
  os::Loop loop;
  DatagramPort first(loop, {}, [](std::string_view) {});
  DatagramPort second(loop, {}, [](std::string_view) {});
  ASSERT_TRUE(first.open(loopback()));
  const auto taken = second.open(loopback(port_of(first.bound())));
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().find(first.bound()), std::string::npos) << taken.error();
  EXPECT_TRUE(second.bound().empty());
}

TEST(DatagramPort, IsBoundWhereAConnectionStands) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  EXPECT_EQ(local_address(pair[0], 7380).value().text(), "127.0.0.1:7380");
  const int udp = ::socket(AF_INET, SOCK_DGRAM, 0);
  const Address to = loopback(9);
  ASSERT_EQ(::connect(udp, to.get(), to.length), 0);
  EXPECT_EQ(local_address(udp, 7380).value().text(), "127.0.0.1:7380");
  ::close(pair[0]);
  ::close(pair[1]);
  ::close(udp);
}

}  // namespace
}  // namespace standstill::link
