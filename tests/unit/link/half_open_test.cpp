// S8 where no packet ever says so: a network namespace of our own that starts to drop everything.
//
// Needs root and nft; says so in a plain line where it has neither.
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cstdlib>
#include <thread>

#include "support.hpp"

namespace standstill::link::test {
namespace {

bool raise_loopback() {
  const os::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::string("lo").copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
}

bool drop_everything() {
  return std::system(
             "nft 'add table ip drill; add chain ip drill everything { type filter hook input priority 0 ; "
             "policy "
             "drop ; }' "
             "2>/dev/null") == 0;
}

// A thread has a network namespace of its own after unshare(); it ends with the thread. Why it could not, or
// "".
std::string in_a_namespace(const std::function<void()>& body) {
  std::string why;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0 || !raise_loopback()) {
      why = "no right to make a network namespace";
      return;
    }
    if (std::system("nft list tables >/dev/null 2>&1") != 0) {
      why = "nft does not work here";
      return;
    }
    body();
  }).join();
  return why;
}

TEST(HalfOpen, S8_APeerWhosePacketsAllVanishIsSilent) {
  const std::string why = in_a_namespace([] {
    os::Loop loop;
    Peer peer(loop);
    Watched layout(loop, tcp(loop, peer.port()), curt());
    layout.link.begin();
    ASSERT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
    ASSERT_TRUE(drop_everything());
    ASSERT_TRUE(until(loop, [&] { return layout.was(State::silent); }));
    EXPECT_EQ(layout.changes.back().to, State::lost);
    EXPECT_EQ(layout.why(State::silent), "no answer to a probe within 150 ms");
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST(HalfOpen, S8_TheSystemItselfGivesUpUnacknowledgedDataAlsoWhenNobodyProbes) {
  const std::string why = in_a_namespace([] {
    os::Loop loop;
    Peer peer(loop);
    Timing timing = patient();
    timing.probe = timing.silence = 10min;
    Watched layout(loop,
                   std::make_unique<TcpTransport>(
                       loop, TcpTransport::Settings{.host = "127.0.0.1", .port = peer.port(), .silence = 1s}),
                   timing);
    layout.link.begin();
    ASSERT_TRUE(until(loop, [&] { return layout.state() == State::online; }));
    ASSERT_TRUE(drop_everything());
    layout.session.say("STOP\n");
    layout.link.send_now();
    ASSERT_TRUE(until(loop, [&] { return layout.was(State::lost); }));
    EXPECT_EQ(layout.why(State::lost), "the peer acknowledges nothing any more");
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

TEST(HalfOpen, ADialIntoNothingTimesOutAndIsTriedAgain) {
  const std::string why = in_a_namespace([] {
    os::Loop loop;
    Peer peer(loop);
    ASSERT_TRUE(drop_everything());
    Timing timing = patient();
    timing.dial = 50ms;
    Watched layout(loop, tcp(loop, peer.port()), timing);
    layout.link.begin();
    ASSERT_TRUE(until(loop, [&] { return layout.link.status().dials >= 3; }));
    EXPECT_NE(layout.link.status().last_error.find("does not answer"), std::string::npos);
  });
  if (!why.empty()) GTEST_SKIP() << why;
}

}  // namespace
}  // namespace standstill::link::test
