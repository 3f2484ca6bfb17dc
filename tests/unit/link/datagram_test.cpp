// Datagrams between real sockets of this machine.
#include "link/datagram.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
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

// The system keeps what is for a neighbour that does not answer, about 90 datagrams for each socket: a stop
// is for those behind them all the same.
TEST(DatagramPort, WhoeverDoesNotAnswerKeepsNobodyElseWaiting) {
  std::string skipped = "the thread did not begin";
  std::size_t sent = 0, sent_again = 0;
  // A network namespace of its own, for this thread only, with a cable at whose end nobody is.
  std::thread elsewhere([&] {
    const auto ip = [](const std::string& words) {
      return std::system(("PATH=$PATH:/usr/sbin:/sbin ip " + words + " 2>/dev/null").c_str()) == 0;
    };
    skipped = "no network namespace can be made here: that needs root and iproute2";
    if (::unshare(CLONE_NEWNET) != 0 || !ip("link add here type veth peer name there") ||
        !ip("addr add 198.18.0.1/16 dev here") || !ip("link set here up") || !ip("link set there up"))
      return;
    skipped.clear();
    os::Loop loop;
    DatagramPort sender(loop, {}, [](std::string_view) {});
    if (!sender.open(resolve("198.18.0.1", 0, true).value().front())) return;
    std::vector<Address> to;
    for (int i = 0; i < 1000; ++i)
      to.push_back(
          resolve("198.18." + std::to_string(1 + i / 250) + "." + std::to_string(1 + i % 250), 7380, true)
              .value()
              .front());
    const std::string stop(700, 'x');
    sent = sender.send(stop, to);
    sent_again = sender.send(stop, to);
  });
  elsewhere.join();
  if (!skipped.empty()) GTEST_SKIP() << skipped;
  EXPECT_EQ(sent, 1000U);
  EXPECT_EQ(sent_again, 1000U) << "a stop is said three times";
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

TEST(DatagramPort, KnowsWhichAddressesLeadNowhereElse) {
  const auto inside = [](const std::string& host) {
    return is_loopback(resolve(host, 9, true).value().front());
  };
  EXPECT_TRUE(inside("127.0.0.1") && inside("127.8.0.1") && inside("::1"));
  EXPECT_FALSE(inside("10.0.0.7") || inside("126.255.0.1") || inside("fd00::1") || inside("0.0.0.0"));
}

}  // namespace
}  // namespace standstill::link
