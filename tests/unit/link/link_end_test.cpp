// How a connection ends, and what the engine makes of it: real sockets on loopback.
#include "link/link.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "support.hpp"

namespace standstill::link::test {
namespace {

struct LinkEndTest : testing::Test {
  os::Loop loop;
  Peer peer{loop};

  bool online(Watched& watched) {
    watched.link.begin();
    return until(loop, [&] { return watched.state() == State::online; });
  }
};

TEST_F(LinkEndTest, S8_AnEndWithoutAGoodbyeIsLostAndItComesBack) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.hang_up();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  EXPECT_EQ(layout.why(State::lost), "the connection ended without a goodbye");
  EXPECT_EQ(layout.link.status().last_error, "the connection ended without a goodbye");
  EXPECT_EQ(layout.link.status().disconnects, 1U);
  ASSERT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
  EXPECT_EQ(peer.accepts, 2);
  EXPECT_GT(layout.link.status().outage, 0ns);
}

TEST_F(LinkEndTest, S8_AResetIsLost) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.reset();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  EXPECT_EQ(layout.why(State::lost), "the peer reset the connection without a goodbye");
}

TEST_F(LinkEndTest, S8_AGoodbyeInTheSamePacketAsTheEndIsClosedAndNotLost) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.stop_listening();
  peer.say("BYE\n");
  peer.hang_up();
  ASSERT_TRUE(until(loop, [&] { return layout.state() == State::closed; }));
  EXPECT_FALSE(layout.was(State::lost));
  // It dials on, quietly: refused dials are counted, and change nothing.
  ASSERT_TRUE(until(loop, [&] { return layout.link.status().attempts >= 3; }));
  EXPECT_EQ(layout.state(), State::closed);
  EXPECT_FALSE(layout.was(State::lost));
  EXPECT_EQ(layout.changes.back().to, State::closed);
  peer.listen(peer.port());
  ASSERT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
}

TEST_F(LinkEndTest, S8_AGoodbyeFollowedByAResetIsStillAGoodbye) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.stop_listening();
  peer.say("BYE\n");
  peer.reset();
  ASSERT_TRUE(until(loop, [&] { return layout.state() != State::online; }));
  EXPECT_EQ(layout.state(), State::closed);
}

TEST_F(LinkEndTest, S8_AGoodbyeBehindAMegabyteOfUnreadDataIsFound) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.stop_listening();
  const int large = 4 << 20;
  ::setsockopt(peer.connection(), SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large);
  ::setsockopt(layout.link.native_handle(), SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
  peer.say(std::string(999'999, 'x') + "\n");
  peer.say("BYE\n");
  peer.hang_up();
  ASSERT_TRUE(until(loop, [&] { return layout.state() != State::online; }));
  EXPECT_EQ(layout.state(), State::closed);
}

// What the peer sent and its end, both in the kernel before the engine looks.
bool arrived(const Watched& watched, std::size_t bytes) {
  for (int i = 0; i < 3000; ++i) {
    int unread = 0;
    pollfd ask{watched.link.native_handle(), POLLRDHUP, 0};
    if (::ioctl(ask.fd, FIONREAD, &unread) == 0 && static_cast<std::size_t>(unread) == bytes &&
        ::poll(&ask, 1, 0) == 1)
      return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST_F(LinkEndTest, WhatCanNoLongerBecomeAMessageIsNotRead) {
  for (const bool reset : {false, true}) {
    Watched layout(loop, tcp(loop, peer.port()), patient());
    ASSERT_TRUE(online(layout));
    peer.say("NEXT 40001\n");
    ASSERT_TRUE(until(loop, [&] { return layout.session.lines == 2; }));
    const auto before = layout.link.status().bytes_received;
    peer.say(std::string(20'000, 'x') + "\nBYE\n");  // looks like a goodbye, and is inside the message
    reset ? peer.reset() : peer.hang_up();
    ASSERT_TRUE(arrived(layout, 20'005));
    ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
    EXPECT_EQ(layout.link.status().bytes_received, before);
    EXPECT_EQ(layout.why(State::lost), reset ? "the peer reset the connection without a goodbye"
                                             : "the connection ended without a goodbye");
  }
}

TEST_F(LinkEndTest, S8_AGoodbyeBehindOrInAMessageThatBecomesWholeIsFound) {
  const std::vector<std::pair<std::string, std::string>> said{
      {"NEXT 20001\n", std::string(20'000, 'x') + "\nBYE\n"}, {"NEXT 4\n", "BYE\n"}};
  for (const auto& [announced, rest] : said) {
    Watched layout(loop, tcp(loop, peer.port()), patient());
    ASSERT_TRUE(online(layout));
    peer.say(announced);
    ASSERT_TRUE(until(loop, [&] { return layout.session.lines == 2; }));
    peer.say(rest);
    peer.hang_up();
    ASSERT_TRUE(arrived(layout, rest.size()));
    ASSERT_TRUE(until(loop, [&] { return layout.state() != State::online; }));
    EXPECT_EQ(layout.state(), State::closed) << announced;
  }
}

TEST_F(LinkEndTest, AnAnswerThatWasNotTakenInIsNotCalledSilence) {
  for (const std::string said : {"", "NOPROOF\n", "WOR"}) {
    peer.on_accept = [&] {
      if (!said.empty()) peer.say(said);
      peer.hang_up();
    };
    Watched layout(loop, tcp(loop, peer.port()), patient());
    layout.link.begin();
    ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
    EXPECT_EQ(layout.why(State::lost),
              said.empty()
                  ? "the connection ended before the peer had answered anything"
                  : "the connection ended without a goodbye, before the peer's first answer was taken in");
  }
}

TEST_F(LinkEndTest, S8_AnEndDuringTheHandshakeIsLostAlsoBeforeTheFirstTime) {
  peer.on_accept = [&] { peer.hang_up(); };
  Watched layout(loop, tcp(loop, peer.port()), patient());
  layout.link.begin();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  EXPECT_FALSE(layout.was(State::online));
  EXPECT_NE(layout.link.status().last_error, "");
}

TEST_F(LinkEndTest, AnEndIsJudgedAtOnceAlsoWhileDecodingIsPending) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  std::string plan;
  for (int i = 0; i < 10'000; ++i) plan += "WORK\n";
  peer.say(plan);
  ASSERT_TRUE(until(loop, [&] { return layout.session.lines > 9'000; }));
  const int before = layout.session.slices;
  peer.hang_up();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  // One turn, maybe two: not the thousands that decoding would have taken.
  EXPECT_LT(layout.session.slices - before, 100);
}

TEST_F(LinkEndTest, WhatHasArrivedIsReadBeforeWhatWasReadIsDecoded) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  const int large = 8 << 20;
  ::setsockopt(peer.connection(), SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large);
  std::string words;
  for (int i = 0; i < 1500; ++i) words += "WORK\n" + std::string(999, 'x') + "\n";
  ASSERT_GT(::send(peer.connection(), words.data(), words.size(), MSG_NOSIGNAL), 1'000'000);
  // A turn that leaves something unread decodes nothing.
  int turns_without = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto read = layout.link.status().bytes_received;
    const int slices = layout.session.slices;
    loop.turn(1ms);
    if (layout.link.status().bytes_received > read && layout.session.slices == slices) ++turns_without;
  }
  EXPECT_GT(turns_without, 0);
  // In the end it has been decoded all the same.
  ASSERT_TRUE(until(loop, [&] { return layout.session.pending == 0; }));
  EXPECT_GT(layout.session.slices, 1000);
}

TEST_F(LinkEndTest, S8_AHungPeerIsSilentThenLostWithinProbeAndSilence) {
  Watched layout(loop, tcp(loop, peer.port()), curt());
  ASSERT_TRUE(online(layout));
  peer.answers = false;
  Instant began = layout.link.status().last_heard;
  Instant noticed{};
  layout.on_change = [&] {
    if (layout.changes.back().to == State::silent) {
      began = layout.link.status().last_heard;
      noticed = os::now();
    }
  };
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  const Change& lost = *std::find_if(layout.changes.begin(), layout.changes.end(),
                                     [](const Change& change) { return change.to == State::lost; });
  EXPECT_EQ(lost.from, State::silent);
  EXPECT_EQ(lost.why, "no answer to a probe within 150 ms");
  EXPECT_GE(noticed - began, 200ms);  // never sooner; how much later is the machine's affair
  EXPECT_EQ(layout.link.status().disconnects, 1U);
}

TEST_F(LinkEndTest, APeerThatAcceptsAndSaysNothingIsNeverOnline) {
  peer.answers = false;
  Watched layout(loop, tcp(loop, peer.port()), curt());
  layout.link.begin();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  EXPECT_FALSE(layout.was(State::online));
  EXPECT_EQ(layout.link.status().last_error,
            "connected to 127.0.0.1:" + std::to_string(peer.port()) +
                ", but nothing there answered within 150 ms: is it the right kind of server?");
}

TEST_F(LinkEndTest, AnAnswerThatWaitedThroughAPauseOfTheProgramCounts) {
  Watched layout(loop, tcp(loop, peer.port()), curt());
  ASSERT_TRUE(online(layout));
  // The probe goes out and is answered, but this program is stopped and reads nothing till long after.
  ASSERT_TRUE(until(loop, [&] { return layout.session.probes >= 2; }));
  const auto pause = timespec{.tv_sec = 0, .tv_nsec = 500'000'000};
  peer.say("PONG\n");
  nanosleep(&pause, nullptr);
  loop.turn(0ms);
  EXPECT_EQ(layout.state(), State::online);
}

TEST_F(LinkEndTest, ADrillShutsTheSocketDownBeneathAndTheEngineNotices) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  ASSERT_EQ(::shutdown(layout.link.native_handle(), SHUT_RDWR), 0);
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  EXPECT_EQ(layout.why(State::lost), "the connection ended without a goodbye");
}

TEST_F(LinkEndTest, ADrillThatStopsListeningEndsInSilence) {
  Watched layout(loop, tcp(loop, peer.port()), curt());
  ASSERT_TRUE(online(layout));
  layout.link.stop_listening();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::silent); }));
  // Only this connection was deaf: the next one is served.
  ASSERT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
}

// Takes no byte any more, without any event that says so: some serial drivers do that.
class BrokenWrite : public Transport {
 public:
  explicit BrokenWrite(os::Loop& loop) : loop_(loop) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    here_.reset(ends[0]);
    there.reset(ends[1]);
  }
  void dial(Duration, Dialed done) override {
    soon_ = loop_.after(0ms, [this, done = std::move(done)] {
      soon_.cancel();
      done({});
    });
  }
  void close() override { here_.reset(); }
  Io read(std::span<std::byte> into) override {
    const auto got = ::read(here_.get(), into.data(), into.size());
    return got > 0 ? Io{Io::Did::some, static_cast<std::size_t>(got)} : Io{};
  }
  Io write(std::span<const std::byte> bytes) override {
    return broken ? Io{Io::Did::ended, 0, "the serial device is gone"} : Io{Io::Did::some, bytes.size()};
  }
  [[nodiscard]] int native_handle() const override { return here_.get(); }
  [[nodiscard]] std::string peer() const override { return "broken"; }
  os::Fd there;
  bool broken = false;

 private:
  os::Loop& loop_;
  os::Fd here_;
  os::Loop::Timer soon_;
};

TEST_F(LinkEndTest, AFailedWriteAloneEndsTheConnectionByWhatThePeerSaidLast) {
  for (const std::string last : {"BYE\n", "WORLD\n"}) {
    auto transport = std::make_unique<BrokenWrite>(loop);
    BrokenWrite& line = *transport;
    Watched layout(loop, std::move(transport), patient());
    layout.link.begin();
    ASSERT_TRUE(until(loop, [&] { return layout.state() == State::probing; }));
    ASSERT_EQ(::write(line.there.get(), "WORLD\n", 6), 6);
    ASSERT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
    ASSERT_EQ(::write(line.there.get(), last.data(), last.size()), static_cast<ssize_t>(last.size()));
    line.broken = true;
    layout.session.say("STOP\n");
    layout.link.send_now();
    ASSERT_TRUE(until(loop, [&] { return layout.state() != State::online; }));
    EXPECT_EQ(layout.changes.back().to, last == "BYE\n" ? State::closed : State::lost);
    EXPECT_EQ(layout.changes.back().why,
              last == "BYE\n" ? "the peer said goodbye" : "the serial device is gone");
  }
}

TEST_F(LinkEndTest, AWriteThatFailsFirstReadsWhatThePeerSaidLast) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  peer.stop_listening();
  peer.say("BYE\n");
  peer.reset();
  // Several sends into the broken socket before the loop has seen the end.
  for (int i = 0; i < 5; ++i) {
    layout.session.say("x\n");
    layout.link.send_now();
  }
  ASSERT_TRUE(until(loop, [&] { return layout.state() != State::online; }));
  EXPECT_EQ(layout.state(), State::closed);
}

TEST_F(LinkEndTest, TheHandlerRunsBeforeTheConnectionIsClosed) {
  Watched layout(loop, tcp(loop, peer.port()), patient());
  ASSERT_TRUE(online(layout));
  bool still_open = false;
  layout.on_change = [&] {
    if (layout.changes.back().to == State::lost) still_open = layout.link.native_handle() >= 0;
  };
  peer.hang_up();
  ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
  EXPECT_TRUE(still_open);
  EXPECT_EQ(layout.link.native_handle(), -1);
}

}  // namespace
}  // namespace standstill::link::test
