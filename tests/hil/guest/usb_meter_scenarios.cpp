// An energy meter behind a real FTDI driver, whose cable is pulled and put back while it is read.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <thread>

#include "hil/guest/chain.hpp"
#include "hil/guest/host.hpp"
#include "hil/guest/sim_chip.hpp"
#include "hil/guest/usb.hpp"

namespace standstill::hil {
namespace {

std::int64_t wall_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}
std::int64_t ms_of(const std::string& rfc3339) {
  std::tm parts{};
  const char* rest = ::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return 0;
  return std::int64_t{::timegm(&parts)} * 1000 +
         (*rest == '.' ? std::atoi(std::string(rest + 1, 3).c_str()) : 0);
}

std::string meter(const std::string& device) {
  return "[[link]]\nid = \"meter\"\nkind = \"modbus-rtu\"\ndevices = [\"" + device +
         "\"]\nbaud = 115200\nprofile = \"em340\"\npoll_ms = 250\ntimeout_ms = 2000\ncritical = false\n"
         "[[output]]\nid = \"mains\"\nkind = \"gpio\"\nchip = \"sim\"\nline = 0\nsafe = \"low\"\n";
}

class UsbMeter : public testing::Test {
 protected:
  void SetUp() override {
    if (!plugged) plug();
    ASSERT_TRUE(until([] { return !by_id().empty() && there(by_id()); }, 60s)) << "no USB serial device";
    device_ = by_id();
  }
  // When the device's node was there, by the wall clock.
  std::int64_t plug() {
    ask_host("plug meter");
    plugged = true;
    EXPECT_TRUE(until([] { return !node().empty(); }, 60s));
    return wall_ms();
  }
  void unplug() {
    ask_host("unplug meter");
    plugged = false;
    EXPECT_TRUE(until([] { return node().empty(); }, 60s));
  }
  // When the newest good reading was asked for; 0 when there is none.
  static std::int64_t good(const Chain& chain) {
    const auto reply = test::ask(chain.socket(), "GET", "/api/v1/tags", "");
    const auto tags = nlohmann::json::parse(reply.body, nullptr, false);
    for (const auto& tag : tags.is_array() ? tags : nlohmann::json::array())
      if (tag["name"] == "voltage_l1" && tag["quality"] == "good") {
        EXPECT_NEAR(tag["value"].get<double>(), 230.1, 1e-6);
        return ms_of(tag["at"]);
      }
    return 0;
  }
  static bool sampled_since(const Chain& chain, std::int64_t since) {
    return until([&] { return good(chain) >= since; }, 60s);
  }
  static std::string link(const Chain& chain, const std::string& key) {
    return chain.look("/links/0/" + key);
  }
  static inline bool plugged = true;
  SimChip chip_;
  std::string device_;
};

TEST_F(UsbMeter, FiftyReplugsDuringTraffic) {
  Chain chain(meter(device_));
  chain.start_and_wait();
  ASSERT_TRUE(sampled_since(chain, 1)) << chain.about();
  std::vector<std::int64_t> took;
  for (int round = 0; round < 50; ++round) {
    // At another moment of the cycle each time.
    std::this_thread::sleep_for(std::chrono::milliseconds(round * 37 % 250));
    unplug();
    ASSERT_TRUE(until([&] { return good(chain) == 0; }))
        << "round " << round << ": still good: " << chain.about();
    const std::int64_t there = plug();
    ASSERT_TRUE(sampled_since(chain, there)) << "round " << round << ": " << chain.about();
    took.push_back(good(chain) - there);
    ASSERT_EQ(node(), "/dev/ttyUSB0") << "round " << round << ": somebody held the old one";
  }
  std::ranges::sort(took);
  std::printf("@text device node to first good sample, 50 replugs: p50 %lld ms, p90 %lld ms, worst %lld ms\n",
              static_cast<long long>(took[25]), static_cast<long long>(took[45]),
              static_cast<long long>(took[49]));
  EXPECT_LE(took[25], 500) << "the middle one; single ones wait for a busy host";
}

TEST_F(UsbMeter, ReturnsUnderAnotherName) {
  Chain chain(meter(device_));
  chain.start_and_wait();
  ASSERT_TRUE(sampled_since(chain, 1)) << chain.about();
  const int clinging = ::open("/dev/ttyUSB0", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(clinging, 0);
  unplug();
  const std::int64_t there = plug();
  EXPECT_EQ(node(), "/dev/ttyUSB1");
  EXPECT_TRUE(sampled_since(chain, there)) << chain.about();
  ::close(clinging);
  unplug();
  const std::int64_t again = plug();
  EXPECT_EQ(node(), "/dev/ttyUSB0");
  EXPECT_TRUE(sampled_since(chain, again)) << chain.about();
}

// The drill that docs/meter.md tells people to do.
TEST_F(UsbMeter, DrillTenSecondsFiveQuickOnesUnderLoadAndAcrossARestart) {
  Chain chain(meter(device_));
  chain.start_and_wait();
  ASSERT_TRUE(sampled_since(chain, 1)) << chain.about();
  unplug();
  std::this_thread::sleep_for(10s);
  EXPECT_EQ(good(chain), 0) << "unknown is not zero";
  EXPECT_TRUE(sampled_since(chain, plug())) << chain.about();
  for (int i = 0; i < 5; ++i) {
    unplug();
    plug();
  }
  EXPECT_TRUE(sampled_since(chain, wall_ms())) << chain.about();
  {
    std::atomic<bool> done = false;
    std::vector<std::thread> load;
    for (int i = 0; i < 2; ++i)
      load.emplace_back([&] {
        while (!done) {
        }
      });
    unplug();
    const std::int64_t there = plug();
    EXPECT_TRUE(sampled_since(chain, there)) << "under load: " << chain.about();
    done = true;
    for (auto& thread : load) thread.join();
  }
  unplug();
  chain.end();
  chain.start_and_wait();
  EXPECT_TRUE(until([&] {
    return link(chain, "last_error").find("is the adapter plugged in") != std::string::npos;
  })) << chain.about();
  EXPECT_TRUE(sampled_since(chain, plug())) << "it started without its adapter: " << chain.about();
}

TEST_F(UsbMeter, DrillTwoMinutesOut) {
  Chain chain(meter(device_));
  chain.start_and_wait();
  ASSERT_TRUE(sampled_since(chain, 1)) << chain.about();
  unplug();
  std::vector<std::int64_t> dials;  // when the count of attempts grew
  std::string before = link(chain, "attempts");
  for (const std::int64_t begun = wall_ms(); wall_ms() < begun + 130'000;) {
    std::this_thread::sleep_for(100ms);
    if (const auto now = link(chain, "attempts"); now != before) {
      dials.push_back(wall_ms() - begun);
      before = now;
    }
  }
  std::string text;
  for (const auto at : dials) text += " " + std::to_string(static_cast<double>(at) / 1000).substr(0, 5);
  std::printf("@text dialed at%s s\n", text.c_str());
  ASSERT_GE(dials.size(), 5U) << "it keeps trying";
  EXPECT_LE(dials.size(), 12U) << "and backs off";
  EXPECT_GT(dials[4] - dials[3], (dials[1] - dials[0]) * 3 / 2) << "longer each time";
  EXPECT_TRUE(sampled_since(chain, plug())) << "the return of the device ends the waiting: " << chain.about();
}

}  // namespace
}  // namespace standstill::hil
