// What a Plc is told to do for as long as it lives: options that cannot work, and the heartbeat it watches.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "standstill/plc.hpp"
#include "support/plc_peer.hpp"

namespace standstill {
namespace {

using namespace std::chrono_literals;
using test::PlcPeer;

PlcOptions watching(const PlcPeer& peer) {
  PlcOptions options;
  options.port = peer.port();
  options.retry_first = 20ms;
  options.retry_longest = 100ms;
  options.time_out = 60s;
  return options;
}

template <class Condition>
bool turns_true(Condition condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

// Silently dialing another rack, cutting a password or watching no heartbeat would all be misleading.
TEST(Plc, OptionsThatCannotWorkAreTheErrorOfEveryCall) {
  const auto error_with = [](const std::function<void(PlcOptions&)>& spoil,
                             const std::string& host = "127.0.0.1") {
    PlcOptions options;
    spoil(options);
    const Plc plc(host, options);
    EXPECT_FALSE(plc.status().online);
    const auto online = plc.wait_online(60s);
    EXPECT_FALSE(online);
    const auto read = plc.read("DB1.DBD0");
    EXPECT_FALSE(read);
    EXPECT_EQ(read.error().kind, PlcError::Kind::unusable);
    EXPECT_EQ(online.error().text, read.error().text);
    std::atomic<bool> told = false;
    std::string later;
    plc.read_async("DB1.DBD0", [&](const PlcResult<PlcValue>& value) {
      later = value ? "a value" : value.error().text;
      told = true;
    });
    EXPECT_TRUE(turns_true([&] { return told.load(); }));
    EXPECT_EQ(later, read.error().text);
    return read.error().text;
  };
  EXPECT_EQ(error_with([](PlcOptions& options) { options.rack = 8; }),
            "127.0.0.1:102: rack is 8; it can be 0 to 7");
  EXPECT_EQ(error_with([](PlcOptions& options) { options.slot = 32; }),
            "127.0.0.1:102: slot is 32; it can be 0 to 31");
  EXPECT_EQ(error_with([](PlcOptions& options) { options.password = "123456789"; }),
            "127.0.0.1:102: the password has more than 8 characters, which no PLC has");
  EXPECT_EQ(error_with([](PlcOptions& options) { options.answer_within = 0ms; }),
            "127.0.0.1:102: answer_within is 0 ms; it can be 1 to 3600000 ms");
  EXPECT_NE(error_with([](PlcOptions& options) {
              options.time_out = std::chrono::milliseconds::max();
            }).find("time_out is"),
            std::string::npos);
  EXPECT_NE(error_with([](PlcOptions& options) { options.port = 0; }).find("the port is 0"),
            std::string::npos);
  EXPECT_NE(error_with([](PlcOptions&) {}, "").find("the host is empty"), std::string::npos);
  for (const auto& [address, what] : {std::pair{"nonsense", "it begins with none of"},
                                      {"DB1.DBB0:STRING[8]", "one number beats"},
                                      {"DB1.DBW0:INT[2]", "one number beats"}})
    EXPECT_NE(error_with([&](PlcOptions& options) {
                options.heartbeat = PlcHeartbeat{address, 1000ms};
              }).find(what),
              std::string::npos)
        << address;
}

TEST(Plc, AHeartbeatThatCannotBeReadDoesNotBeat) {
  PlcPeer peer;
  auto options = watching(peer);
  options.heartbeat = PlcHeartbeat{"DB99.DBD0:DINT", 400ms};
  std::atomic<int> dead = 0;
  std::atomic<int> alive = 0;
  std::string why;  // written before `dead`
  options.on_heartbeat = [&](bool beats, const std::string& text) {
    if (!beats) why = text;
    ++(beats ? alive : dead);
  };
  const Plc plc("127.0.0.1", options);
  EXPECT_TRUE(turns_true([&] { return dead == 1; }));
  EXPECT_EQ(
      why.find("127.0.0.1:" + std::to_string(peer.port()) + ": DB99.DBD0:DINT: the PLC has no such block"),
      0U)
      << why;
  EXPECT_EQ(alive, 0);
}

// Nothing else would tell: the connection stands, and its answers have a minute.
TEST(Plc, AHeartbeatThatIsNotAnsweredAnyMoreStandsStill) {
  PlcPeer peer({}, 20ms);
  auto options = watching(peer);
  options.answer_within = options.probe = 60s;
  options.heartbeat = PlcHeartbeat{"DB1.DBD0:DINT", 1500ms};
  std::atomic<int> alive = -1;
  options.on_heartbeat = [&](bool beats, const std::string&) { alive = beats ? 1 : 0; };
  const Plc plc("127.0.0.1", options);
  EXPECT_TRUE(turns_true([&] { return alive == 1; }));
  peer.tell("hang");
  const auto limit = std::chrono::steady_clock::now() + 40s;
  while (alive != 0 && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(alive, 0);
  peer.tell("resume");
}

TEST(Plc, AHeartbeatThatStandsStillIsTold) {
  PlcPeer peer;
  auto options = watching(peer);
  options.heartbeat = PlcHeartbeat{"DB10.DBD0:DINT", 400ms};
  std::atomic<int> alive = -1;
  options.on_heartbeat = [&](bool beats, const std::string&) { alive = beats ? 1 : 0; };
  const Plc plc("127.0.0.1", options);
  std::atomic<bool> beating = true;
  std::thread program([&] {
    for (int i = 0; beating; ++i) {
      peer.tell("set DB10.DBD0 " + std::to_string(i));
      std::this_thread::sleep_for(50ms);
    }
  });
  EXPECT_TRUE(turns_true([&] { return alive == 1; }));
  beating = false;
  program.join();
  EXPECT_TRUE(turns_true([&] { return alive == 0; }));
}

}  // namespace
}  // namespace standstill
