// Names, addresses and time-outs of a TCP dial.
#include "link/tcp.hpp"

#include <gtest/gtest.h>

#include <netinet/tcp.h>

#include <condition_variable>
#include <mutex>

#include "support.hpp"

namespace standstill::link::test {
namespace {

// A resolver that hangs until it is let go, as the system's does when the name server is gone.
struct Hang {
  std::mutex mutex;
  std::condition_variable changed;
  bool hanging = false;
  int calls = 0;
  void let_go() {
    const std::lock_guard lock(mutex);
    hanging = false;
    changed.notify_all();
  }
};
Hang hang;
// Never destroyed: a lookup that was left behind may outlive the tests.
std::vector<Address>& answer = *new std::vector<Address>;

Address address(const std::string& host, std::uint16_t port) {
  return resolve(host, port, true).value().front();
}

Resolved hanging_resolver(const std::string&, std::uint16_t, bool) {
  std::unique_lock lock(hang.mutex);
  ++hang.calls;
  hang.changed.wait(lock, [] { return !hang.hanging; });
  return answer;
}
Resolved scripted_resolver(const std::string&, std::uint16_t, bool) { return answer; }

// A listener whose queue is full: it drops every further SYN, as a machine that is switched off would.
struct BlackHole {
  explicit BlackHole(const std::string& host) {
    const Address here = address(host, 0);
    listener.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener.get(), here.get(), here.length), 0);
    EXPECT_EQ(::listen(listener.get(), 0), 0);
    sockaddr_in bound{};
    socklen_t length = sizeof bound;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound), &length);
    port = ntohs(bound.sin_port);
    for (int i = 0; i < 4; ++i) {
      auto& one = fill.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(::connect(one.get(), reinterpret_cast<const sockaddr*>(&bound), length));
    }
  }
  os::Fd listener;
  std::vector<os::Fd> fill;
  std::uint16_t port = 0;
};

struct TcpTest : testing::Test {
  os::Loop loop;
  std::optional<std::expected<void, std::string>> result;

  void dial(TcpTransport& transport, Duration time_out = 30s) {
    result.reset();
    transport.dial(time_out, [this](auto outcome) { result = outcome; });
    EXPECT_FALSE(result.has_value());  // never from inside dial()
    ASSERT_TRUE(until(loop, [&] { return result.has_value(); }));
  }
};

TEST_F(TcpTest, ConnectsAndSetsWhatEndsAHalfOpenConnection) {
  Peer peer(loop);
  TcpTransport transport(loop, {.host = "127.0.0.1", .port = peer.port(), .silence = 3s});
  dial(transport);
  ASSERT_TRUE(result->has_value());
  const auto option = [&](int level, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    ::getsockopt(transport.native_handle(), level, name, &value, &length);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 3000);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 3);
}

TEST_F(TcpTest, TheOtherAddressFamilyIsTriedWhenOneIsRefused) {
  Peer peer(loop);  // listens on IPv4 only
  answer = {address("::1", peer.port()), address("127.0.0.1", peer.port())};
  TcpTransport transport(loop, {.host = "layout.test", .port = peer.port()}, scripted_resolver);
  dial(transport);
  ASSERT_TRUE(result->has_value()) << result->error();
  EXPECT_EQ(transport.peer(), "layout.test (127.0.0.1:" + std::to_string(peer.port()) + ")");
}

TEST_F(TcpTest, AnAddressThatDropsEverythingDoesNotUseUpTheTimeOfTheNext) {
  BlackHole hole("127.0.0.2");
  Peer peer(loop);
  answer = {address("127.0.0.2", hole.port), address("127.0.0.1", peer.port())};
  TcpTransport transport(loop, {.host = "layout.test", .port = 1}, scripted_resolver);
  dial(transport, 1s);
  EXPECT_TRUE(result->has_value()) << result->error();
}

TEST_F(TcpTest, NoAnswerToTheDialIsATimeOutWithASentence) {
  BlackHole hole("127.0.0.1");
  TcpTransport transport(loop, {.host = "127.0.0.1", .port = hole.port});
  dial(transport, 100ms);
  ASSERT_FALSE(result->has_value());
  EXPECT_EQ(result->error(), "127.0.0.1:" + std::to_string(hole.port) +
                                 " does not answer: is the machine on, and the address right?");
}

TEST_F(TcpTest, EveryAddressThatRefusesIsNamed) {
  Peer peer(loop);
  peer.stop_listening();
  const auto port = std::to_string(peer.port());
  answer = {address("127.0.0.1", peer.port()), address("127.0.0.2", peer.port())};
  TcpTransport transport(loop, {.host = "layout.test", .port = 1}, scripted_resolver);
  dial(transport);
  ASSERT_FALSE(result->has_value());
  EXPECT_NE(result->error().find("127.0.0.1:" + port), std::string::npos);
  EXPECT_NE(result->error().find("127.0.0.2:" + port), std::string::npos);
}

TEST_F(TcpTest, AnAddressThatConnectedButDidNotServeIsNotTheFirstOfTheNextDial) {
  Peer mute(loop);
  Peer peer(loop);
  answer = {address("127.0.0.1", mute.port()), address("127.0.0.1", peer.port())};
  TcpTransport transport(loop, {.host = "layout.test", .port = 1}, scripted_resolver);
  dial(transport);
  ASSERT_TRUE(until(loop, [&] { return mute.accepts == 1; }));
  dial(transport);
  ASSERT_TRUE(until(loop, [&] { return peer.accepts == 1; }));
  transport.served();
  dial(transport);  // the one that served, again
  ASSERT_TRUE(until(loop, [&] { return peer.accepts == 2; }));
  EXPECT_EQ(mute.accepts, 1);
}

TEST_F(TcpTest, ANameThatDoesNotExistIsNamed) {
  TcpTransport transport(loop, {.host = "no-such-host.invalid", .port = 8051});
  dial(transport, 5s);
  ASSERT_FALSE(result->has_value());
  // "no host is called" where a name server answers, "no name server answers" where none does
  EXPECT_NE(result->error().find("no-such-host.invalid"), std::string::npos) << result->error();
}

TEST_F(TcpTest, S14_AHungResolverBlocksNothingAndNeverStacksUpThreads) {
  Peer peer(loop);
  hang.hanging = true;
  hang.calls = 0;
  answer = {address("127.0.0.1", peer.port())};
  TcpTransport transport(loop, {.host = "layout.test", .port = peer.port()}, hanging_resolver);
  for (int i = 0; i < 20; ++i) {
    dial(transport, 5ms);
    ASSERT_FALSE(result->has_value());
    EXPECT_EQ(result->error(), "no name server answers for \"layout.test\": is the network up?");
  }
  {
    const std::lock_guard lock(hang.mutex);
    EXPECT_EQ(hang.calls, 1);
  }
  EXPECT_EQ(entries("/proc/self/task"), threads_at_start + 1);
  // The name server is back while a dial waits for it.
  result.reset();
  transport.dial(30s, [this](auto outcome) { result = outcome; });
  pass(loop, 20ms);
  hang.let_go();
  ASSERT_TRUE(until(loop, [&] { return result.has_value(); }));
  EXPECT_TRUE(result->has_value());
}

TEST_F(TcpTest, ATransportMayGoWhileItsNameIsBeingLookedUp) {
  ASSERT_TRUE(no_thread_left(loop));
  const auto descriptors = entries("/proc/self/fd");
  hang.hanging = true;
  hang.calls = 0;
  answer = {address("127.0.0.1", 1)};
  {
    TcpTransport transport(loop, {.host = "layout.test", .port = 1}, hanging_resolver);
    transport.dial(30s, [this](auto outcome) { result = outcome; });
    ASSERT_TRUE(until(loop, [&] {
      const std::lock_guard lock(hang.mutex);
      return hang.calls > 0 && entries("/proc/self/task") == threads_at_start + 1;
    }));
  }
  hang.let_go();
  EXPECT_TRUE(no_thread_left(loop));
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

TEST(Resolve, NumericAddressesNeedNoNameServer) {
  EXPECT_EQ(resolve("127.0.0.1", 8051, true).value().front().text(), "127.0.0.1:8051");
  EXPECT_EQ(resolve("::1", 8051, true).value().front().text(), "[::1]:8051");
  EXPECT_FALSE(resolve("localhost", 8051, true).has_value());
}

}  // namespace
}  // namespace standstill::link::test
