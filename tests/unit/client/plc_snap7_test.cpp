// The library against the real snap7 server, which is stopped past the time-out and resumed: never an answer
// to another question. Byte i of its DB1 is i mod 251.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "standstill/plc.hpp"
#include "support/snap7_server.hpp"

namespace standstill {
namespace {

using namespace std::chrono_literals;

TEST(PlcSnap7, TwoThousandRandomReadsWhileTheServerIsStoppedAndResumed) {
  if (test::s7_peers_missing()) GTEST_SKIP() << test::s7_peers_not_installed;
  const test::Snap7Server server(480);
  ASSERT_TRUE(server.serving());
  PlcOptions options;
  options.port = server.number();
  options.slot = 2;
  options.answer_within = 250ms;
  options.retry_first = 5ms;
  options.retry_longest = 20ms;
  options.time_out = 60s;
  const Plc plc("127.0.0.1", options);
  ASSERT_TRUE(plc.wait_online(60s));
  std::atomic<bool> ending = false;
  std::atomic<int> good = 0;
  // Every other time it is stopped as soon as it was resumed, while the connection is made anew; else when
  // some reads have been answered, however long that takes here.
  std::thread stopper([&] {
    std::mt19937 random(1);
    for (int round = 0; !ending; ++round) {
      const int enough = good + static_cast<int>(random() % 200);
      if (round % 2 == 1)
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
      else
        while (good <= enough && !ending) std::this_thread::sleep_for(100us);
      server.stop();
      std::this_thread::sleep_for(600ms);
      server.resume();
    }
  });
  std::mt19937 random(2);
  int wrong = 0;
  const auto limit = std::chrono::steady_clock::now() + 150s;
  while ((good < 2000 || plc.status().disconnects < 5) && std::chrono::steady_clock::now() < limit) {
    const auto at = static_cast<std::uint32_t>(random() % 60'000);
    const std::size_t size = 1 + random() % 900;  // some in several requests
    const auto bytes = plc.read_db(1, at, size);
    if (!bytes) continue;
    ++good;
    if (bytes->size() != size) ++wrong;
    for (std::size_t i = 0; i < bytes->size(); ++i)
      if ((*bytes)[i] != static_cast<std::byte>((at + i) % 251)) {
        ++wrong;
        break;
      }
  }
  ending = true;
  stopper.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(good.load(), 2000);
  EXPECT_GE(plc.status().disconnects, 5U) << "it was hardly ever stopped";
}

}  // namespace
}  // namespace standstill
