// The engine against real sockets on loopback.
#include "link/link.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support.hpp"

namespace standstill::link::test {
namespace {

struct LinkTest : testing::Test {
  os::Loop loop;
  Peer peer{loop};

  bool online(Watched& watched) {
    watched.link.begin();
    return until(loop, [&] { return watched.state() == State::online; });
  }
};

TEST_F(LinkTest, DialsProvesAndIsOnline) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  ASSERT_EQ(layout.changes.size(), 2U);
  EXPECT_EQ(layout.changes[0].to, State::probing);
  EXPECT_EQ(layout.changes[1].to, State::online);
  EXPECT_EQ(layout.link.status().peer, "127.0.0.1:" + std::to_string(peer.port()));
  EXPECT_EQ(layout.link.status().attempts, 0U);
  EXPECT_EQ(layout.link.status().dials, 1U);
  EXPECT_GT(layout.link.status().last_heard, Instant{});
  EXPECT_EQ(layout.link.status().bytes_sent, 6U);
  EXPECT_EQ(layout.link.status().bytes_received, 6U);
}

TEST_F(LinkTest, AProtocolWithoutOpeningRequestsIsProvenByItsProbe) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  layout.session.opening = "";
  ASSERT_TRUE(online(layout));
  EXPECT_EQ(peer.received, "PING\n");
}

TEST_F(LinkTest, DecodingGivesOtherDescriptorsATurnBetweenTwoSlices) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  std::string plan;
  for (int i = 0; i < 1'000; ++i) plan += "WORK\n";
  peer.say(plan);
  ASSERT_TRUE(until(loop, [&] { return layout.session.lines > 1'000; }));
  int turns = 0;
  while (layout.session.pending > 0) {
    const int before = layout.session.slices;
    loop.turn(1s);
    ++turns;
    ASSERT_LE(layout.session.slices - before, 1);
  }
  EXPECT_GT(turns, 500);
}

// A real connection of which the test knows how often it was read, and which may promise nothing.
struct CountedTcp : TcpTransport {
  CountedTcp(os::Loop& loop, std::uint16_t port, bool promises_)
      : TcpTransport(loop, {.host = "127.0.0.1", .port = port}), promises(promises_) {}
  Io read(std::span<std::byte> into) override {
    ++reads;
    return TcpTransport::read(into.first(std::min(into.size(), at_most)));
  }
  bool short_read_took_all() const override { return promises && TcpTransport::short_read_took_all(); }
  bool promises;
  int reads = 0;
  std::size_t at_most = std::size_t{64} * 1024;
};

TEST_F(LinkTest, AMessageOnTcpIsTakenWithOneCall) {
  auto transport = std::make_unique<CountedTcp>(loop, peer.port(), true);
  CountedTcp& counted = *transport;
  Watched layout(loop, std::move(transport), patient());
  ASSERT_TRUE(online(layout));
  counted.reads = 0;
  for (int i = 1; i <= 20; ++i) {
    peer.say("WORLD\n");
    ASSERT_TRUE(until(loop, [&] { return layout.session.lines == i + 1; }));
  }
  EXPECT_EQ(counted.reads, 20);
  peer.hang_up();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); })) << "the end shows all the same";
}

TEST_F(LinkTest, WithoutThatPromiseAReadThatGaveLittleIsFollowedByAnother) {
  auto transport = std::make_unique<CountedTcp>(loop, peer.port(), false);
  CountedTcp& counted = *transport;
  Watched layout(loop, std::move(transport), patient());
  ASSERT_TRUE(online(layout));
  counted.reads = 0;
  counted.at_most = 2;  // as a line gives it: a few bytes a call, and no new event for the rest
  peer.say("WORLD\n");
  ASSERT_TRUE(until(loop, [&] { return layout.session.lines == 2; }));
  EXPECT_EQ(counted.reads, 4) << "three that gave something, and one that said that there is no more";
}

TEST_F(LinkTest, AQuietPeerIsProbedAndItsAnswersKeepItOnline) {
  Timing timing = patient();
  timing.probe = 10ms;
  Watched layout(loop, tcp(loop, peer.port()), timing);
  ASSERT_TRUE(online(layout));
  ASSERT_TRUE(until(loop, [&] { return layout.link.status().probes >= 5; }));
  EXPECT_EQ(layout.state(), State::online);
  EXPECT_EQ(layout.changes.size(), 2U);
  EXPECT_GE(layout.link.status().rtt, 0ns);
}

TEST_F(LinkTest, ASessionIsCalledAtItsOwnDeadline) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  layout.session.due = loop.now() + 5ms;
  layout.link.send_now();  // whoever changes what the session wants says so
  ASSERT_TRUE(until(loop, [&] { return peer.received.find("TICK") != std::string::npos; }));
  EXPECT_EQ(layout.session.due, never);
}

TEST_F(LinkTest, RefusedIsLostWithASentenceThatSaysWhatToDo) {
  const auto port = peer.port();
  peer.stop_listening();
  Watched layout(loop, tcp(loop, port), patient());
  layout.link.begin();
  ASSERT_TRUE(until(loop, [&] { return layout.state() == State::lost; }));
  EXPECT_EQ(layout.link.status().last_error,
            "connection refused by 127.0.0.1:" + std::to_string(port) + ": is the server running?");
  // And the server starts.
  peer.listen(port);
  EXPECT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
}

TEST_F(LinkTest, TheBreakerSuspendsAndAPokeDialsAtOnce) {
  const auto port = peer.port();
  peer.stop_listening();
  Timing timing = patient();
  timing.breaker = {.failures = 3, .open_for = 1h};
  Watched layout(loop, tcp(loop, port), timing);
  layout.link.begin();
  ASSERT_TRUE(until(loop, [&] { return layout.state() == State::suspended; }));
  EXPECT_EQ(layout.link.status().dials, 3U);
  EXPECT_NE(layout.link.status().last_error.find("3 dials failed in a row"), std::string::npos);
  EXPECT_GT(layout.link.status().next_dial, os::now() + 50min);
  peer.listen(port);
  layout.link.poke();
  EXPECT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
}

TEST_F(LinkTest, MaxTriesUsedUpStaysLostUntilPoked) {
  const auto port = peer.port();
  peer.stop_listening();
  Timing timing = patient();
  timing.max_tries = 3;
  Watched layout(loop, tcp(loop, port), timing);
  layout.link.begin();
  ASSERT_TRUE(until(
      loop, [&] { return layout.link.status().last_error.find("gave up after 3") != std::string::npos; }));
  EXPECT_EQ(layout.link.status().next_dial, never);
  pass(loop, 50ms);
  EXPECT_EQ(layout.link.status().dials, 3U);
  peer.listen(port);
  layout.link.poke();
  EXPECT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
}

TEST_F(LinkTest, S16_AStreamBeyondRepairIsLostWithTheSessionsWords) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.say("BAD\nBYE\n");
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  EXPECT_EQ(layout.why(State::lost), "the peer sent BAD");
}

TEST_F(LinkTest, SentAtOnceAlsoWhileTheDecodingOfAPlanIsPending) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  std::string plan;
  for (int i = 0; i < 10'000; ++i) plan += "WORK\n";
  peer.say(plan);
  ASSERT_TRUE(until(loop, [&] { return layout.session.pending > 1'000; }));
  peer.received.clear();
  layout.session.say("STOP\n");
  layout.link.send_now();
  EXPECT_TRUE(layout.session.output().empty());  // in the call itself, no turn of the loop between
  const int before = layout.session.slices;
  ASSERT_TRUE(until(loop, [&] { return peer.received == "STOP\n"; }));
  EXPECT_LT(layout.session.slices - before, 10);
}

TEST_F(LinkTest, OutputThatThePeerDoesNotTakeYetIsSentWhenItDoes) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.reads = true;
  const std::string much(8 << 20, 'y');
  layout.session.say(much);
  layout.link.send_now();
  EXPECT_FALSE(layout.session.output().empty());
  peer.received.clear();
  ASSERT_TRUE(until(loop, [&] { return peer.received.size() == much.size(); }));
  EXPECT_EQ(layout.state(), State::online);
}

TEST_F(LinkTest, ClosedForGoodFromInsideTheHandlerStaysClosed) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  layout.on_change = [&] {
    if (layout.changes.back().to == State::lost) layout.link.close_for_good();
  };
  peer.hang_up();
  ASSERT_TRUE(until(loop, [&] { return layout.state() == State::closed; }));
  pass(loop, 50ms);
  EXPECT_EQ(peer.accepts, 1);
  EXPECT_EQ(layout.state(), State::closed);
}

TEST_F(LinkTest, ALinkDestroyedInAnyStateLeavesNothingBehind) {
  const auto before = entries("/proc/self/fd");
  for (const auto wanted : {State::dialing, State::probing, State::online, State::lost}) {
    Watched layout(loop, tcp(loop, peer.port()), patient());
    layout.link.begin();
    if (wanted != State::dialing) {
      ASSERT_TRUE(until(loop, [&] { return layout.was(State::probing); }));
    }
    if (wanted == State::online) {
      ASSERT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
    }
    if (wanted == State::lost) {
      peer.hang_up();
      ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
    }
    if (wanted == State::online) peer.say("WORK\nWORK\nWORK\n");
    loop.turn(10ms);
  }
  pass(loop, 20ms);
  peer.hang_up();
  EXPECT_EQ(entries("/proc/self/fd"), before);
}

TEST_F(LinkTest, TwoHundredReconnectsLeakNeitherDescriptorNorThread) {
  Watched layout(loop, tcp(loop, peer.port(), "localhost"), patient());
  ASSERT_TRUE(online(layout));
  // Each lookup has a thread, which may still be on its way out and hold a descriptor.
  ASSERT_TRUE(no_thread_left(loop));
  const auto descriptors = entries("/proc/self/fd");
  for (int i = 0; i < 200; ++i) {
    const int before = layout.session.connections;
    peer.hang_up();
    ASSERT_TRUE(
        until(loop, [&] { return layout.session.connections > before && layout.state() == State::online; }));
  }
  EXPECT_EQ(layout.link.status().disconnects, 200U);
  EXPECT_TRUE(no_thread_left(loop));
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

}  // namespace
}  // namespace standstill::link::test
