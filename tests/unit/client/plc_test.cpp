// The library's Plc against the simulated PLC, over real sockets. The waits are generous: nothing here
// depends on how fast the machine is.
#include "standstill/plc.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "support/plc_peer.hpp"

namespace standstill {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::PlcPeer;

PlcOptions options_for(const PlcPeer& peer) {
  PlcOptions options;
  options.port = peer.port();
  options.allow_write = true;
  options.retry_first = 20ms;
  options.retry_longest = 100ms;
  options.time_out = 60s;
  return options;
}

template <class Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

TEST(Plc, ReadsAndWritesEveryKindOfValue) {
  PlcPeer peer;
  const Plc plc("127.0.0.1", options_for(peer));
  ASSERT_TRUE(plc.wait_online(60s));
  for (const auto& [address, value] : {std::pair{"DB10.DBD0:DINT", "-123456"},
                                       {"DB10.DBX4.3", "true"},
                                       {"M10.2", "true"},
                                       {"DB10.DBD8:REAL", "21.5"},
                                       {"DB10.DBB12:STRING[20]", "Grüße"},
                                       {"DB10.DBB40:DTL", "2026-01-31 23:59:59.999000000"},
                                       {"IB3", "7"},
                                       {"QW4", "4660"},
                                       {"DB10.DBW60:INT[3]", "1,-2,3"},
                                       {"T5", "127000"},
                                       {"C7", "127"}}) {
    const auto written = plc.write(address, std::string_view(value));
    EXPECT_TRUE(written) << address << ": " << (written ? "" : written.error().text);
    const auto read = plc.read(address);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->text(), value) << address;
  }
  EXPECT_EQ(*plc.cpu_state(), "running");
  EXPECT_EQ(plc.status().pdu, 480);
  EXPECT_EQ(plc.blocks("DB")->size(), 3U);
  const auto missing = plc.read("DB99.DBW0");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, PlcError::Kind::refused);
  EXPECT_EQ(missing.error().text.find("127.0.0.1:" + std::to_string(peer.port()) + ": DB99.DBW0: "), 0U);
  EXPECT_EQ(plc.read("DB1.DBX9").error().kind, PlcError::Kind::unusable);
  const auto large = plc.read_db(10, 0, 65536);
  ASSERT_TRUE(large);
  EXPECT_EQ(large->size(), 65536U);
}

// Understood once, and asked of whoever it is given to.
TEST(Plc, TagsAreReadByAnyConnectionAndIntoTheSameMemory) {
  PlcPeer peer;
  PlcPeer second;
  const PlcTags tags(
      {"DB10.DBW0:INT", "nonsense", "DB99.DBW0", "M10.2", "DB10.DBB12:STRING[20]", "and this"});
  ASSERT_EQ(tags.addresses().size(), 6U);
  const auto at = [](const PlcPeer& of) { return "127.0.0.1:" + std::to_string(of.port()) + ": "; };
  std::vector<PlcResult<PlcValue>> values;
  std::size_t words = 0;
  for (auto* one : {&peer, &second}) {
    const Plc plc("127.0.0.1", options_for(*one));
    ASSERT_TRUE(plc.write("DB10.DBW0:INT", one == &peer ? "-7" : "8"));
    ASSERT_TRUE(plc.write("M10.2", "true"));
    ASSERT_TRUE(plc.write("DB10.DBB12:STRING[20]", "a text of 20 letters"));
    for (int round = 0; round < 3; ++round) {
      const auto* before = values.data();
      plc.read(tags, values);
      ASSERT_EQ(values.size(), 6U);
      if (before != nullptr) {
        EXPECT_EQ(values.data(), before);
      }
      EXPECT_EQ(values[0]->text(), one == &peer ? "-7" : "8");
      EXPECT_EQ(values[1].error().kind, PlcError::Kind::unusable);
      EXPECT_EQ(values[1].error().text.find(at(*one) + "'nonsense': "), 0U) << values[1].error().text;
      EXPECT_EQ(values[2].error().kind, PlcError::Kind::refused);
      EXPECT_EQ(values[3]->text(), "true");
      EXPECT_EQ(values[5].error().text.find(at(*one) + "'and this': "), 0U);
      words += values[4]->text().size();
    }
    EXPECT_EQ(plc.read(tags).front()->text(), values.front()->text());
    std::atomic<int> told = 0;
    plc.read_async(tags, [&](const std::vector<PlcResult<PlcValue>>& later) {
      told = later.size() == 6 && later[0] && later[0]->text() == values[0]->text() ? 1 : 2;
    });
    EXPECT_TRUE(comes_true([&] { return told != 0; }));
    EXPECT_EQ(told, 1);
  }
  EXPECT_EQ(words, 6 * std::string("a text of 20 letters").size());
  // None that could be asked: no question, and no connection needed.
  PlcOptions nobody;
  nobody.port = 1;
  const Plc away("127.0.0.1", nobody);
  away.read(PlcTags({"nonsense"}), values);
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values[0].error().kind, PlcError::Kind::unusable);
  away.read(PlcTags({}), values);
  EXPECT_TRUE(values.empty());
}

// Whatever stood in its place before.
TEST(Plc, AResultKeepsNothingOfTheOneWhoseMemoryItTakes) {
  PlcPeer peer;
  const Plc plc("127.0.0.1", options_for(peer));
  std::vector<std::pair<std::string, std::string>> wanted{{"DB10.DBW0:INT", "-7"},
                                                          {"DB10.DBD4:REAL", "21.5"},
                                                          {"DB10.DBX8.1", "true"},
                                                          {"DB10.DBW60:INT[3]", "1,-2,3"},
                                                          {"DB10.DBB12:STRING[20]", "a text of 20 letters"}};
  for (const auto& [address, value] : wanted)
    ASSERT_TRUE(plc.write(address, std::string_view(value))) << address;
  wanted.emplace_back("DB99.DBW0", "refused");
  wanted.emplace_back("nonsense", "unusable");
  std::vector<PlcResult<PlcValue>> values;
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::ranges::shuffle(wanted, random);
    const std::size_t count = 1 + random() % wanted.size();
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < count; ++i) addresses.push_back(wanted[i].first);
    plc.read(PlcTags(addresses), values);
    ASSERT_EQ(values.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& value = values[i];
      const std::string text = value                                            ? value->text()
                               : value.error().kind == PlcError::Kind::refused  ? "refused"
                               : value.error().kind == PlcError::Kind::unusable ? "unusable"
                                                                                : value.error().text;
      ASSERT_EQ(text, wanted[i].second) << addresses[i] << ", round " << round;
    }
  }
}

// The byte of the called access point: rack << 5 | slot, as the facts' recorded connection has it.
TEST(Plc, AnotherRackOrSlotIsRefusedInWordsThatSayWhatToLookAt) {
  PlcPeer peer;
  EXPECT_EQ(peer.tell("place 0 2"), R"({"ok":true})");
  PlcOptions options = options_for(peer);
  options.max_tries = 2;
  {
    const Plc wrong("127.0.0.1", options);
    const auto read = wrong.read("DB1.DBD0:DINT");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, PlcError::Kind::unreachable);
    EXPECT_NE(read.error().text.find("the PLC refuses the connection: check rack and slot"),
              std::string::npos)
        << read.error().text;
  }
  options.slot = 2;
  EXPECT_TRUE(Plc("127.0.0.1", options).read("DB1.DBD0:DINT"));
  EXPECT_EQ(peer.tell("place 3 17"), R"({"ok":true})");
  EXPECT_FALSE(Plc("127.0.0.1", options).read("DB1.DBD0:DINT"));
  options.remote_tsap = 0x0271;  // an OP's, given as such
  EXPECT_TRUE(Plc("127.0.0.1", options).read("DB1.DBD0:DINT"));
  EXPECT_NE(peer.tell("place 8 0").find("rack, 0 to 7"), std::string::npos);
}

TEST(Plc, WritesNothingUnlessAllowed) {
  PlcPeer peer;
  auto options = options_for(peer);
  options.allow_write = false;
  const Plc plc("127.0.0.1", options);
  EXPECT_EQ(plc.write("DB10.DBW0", "1").error().kind, PlcError::Kind::read_only);
  EXPECT_EQ(plc.write_bit(10, 0, 1, true).error().kind, PlcError::Kind::read_only);
  EXPECT_EQ(plc.stop_cpu().error().kind, PlcError::Kind::read_only);
  EXPECT_EQ(json::parse(peer.tell("get DB10.DBW0"))["value"], "0");
}

TEST(Plc, AReadWaitsThroughARestartAndHandlersHearOfIt) {
  PlcPeer peer;
  auto options = options_for(peer);
  std::atomic<int> losses = 0;
  std::atomic<int> returns = 0;
  std::string why;  // written before `losses`
  options.on_loss = [&](const PlcLoss& loss) {
    why = loss.detail;
    ++losses;
  };
  options.on_return = [&](const PlcReturn&) { ++returns; };
  const Plc plc("127.0.0.1", options);
  ASSERT_TRUE(plc.read("DB1.DBD0"));
  peer.tell("restart 300");
  const auto read = plc.read("DB1.DBD0");
  EXPECT_TRUE(read) << read.error().text;
  EXPECT_TRUE(comes_true([&] { return losses == 1 && returns == 2; })) << losses << " " << returns;
  EXPECT_EQ(why.find("first answer"), std::string::npos) << "it had answered: " << why;
}

TEST(Plc, GivesUpWithTheLastErrorAfterItsAttempts) {
  std::uint16_t port = 0;
  {
    PlcPeer gone;
    port = gone.port();
  }
  PlcOptions options;
  options.port = port;
  options.max_tries = 3;
  options.retry_first = 10ms;
  options.time_out = 60s;
  std::mutex mutex;
  std::vector<std::string> attempts;
  options.on_attempt = [&](const PlcAttempt& attempt) {
    const std::lock_guard lock(mutex);
    attempts.push_back(attempt.text());
  };
  const Plc plc("127.0.0.1", options);
  const auto read = plc.read("DB1.DBD0");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, PlcError::Kind::unreachable);
  EXPECT_NE(read.error().text.find("127.0.0.1:" + std::to_string(port)), std::string::npos)
      << read.error().text;
  EXPECT_NE(read.error().text.find("refused"), std::string::npos) << read.error().text;
  EXPECT_TRUE(comes_true([&] {
    const std::lock_guard lock(mutex);
    return attempts.size() >= 3;
  }));
  // Exhausted: the next call begins a new series, and counts anew.
  EXPECT_TRUE(plc.status().exhausted);
  EXPECT_FALSE(plc.read("DB1.DBD0"));
  EXPECT_TRUE(comes_true([&] {
    const std::lock_guard lock(mutex);
    return attempts.size() >= 6;
  }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(attempts.size(), 6U);
  EXPECT_EQ(attempts[3].find("attempt 1 of 3 failed: "), 0U) << attempts[3];
  EXPECT_EQ(attempts[0].find("attempt 1 of 3 failed: 127.0.0.1:"), 0U) << attempts[0];
  EXPECT_NE(attempts[2].find("that was the last"), std::string::npos) << attempts[2];
}

// Stopped past the time-out and resumed, again and again, while addresses change: never a wrong value.
TEST(Plc, AStoppedAndResumedPeerNeverGivesAnAnswerToTheWrongRequest) {
  PlcPeer peer;
  auto options = options_for(peer);
  options.answer_within = 300ms;
  const Plc plc("127.0.0.1", options);
  for (int i = 0; i < 64; ++i)
    ASSERT_TRUE(plc.write("DB10.DBD" + std::to_string(4 * i), std::to_string(1000 + i)));
  std::mt19937 random(5);
  int good = 0;
  for (int round = 0; round < 300; ++round) {
    if (round % 50 == 10) peer.tell("late 450");
    if (round % 50 == 30) peer.tell("wrong-sequence");
    if (round % 100 == 40) {
      peer.tell("hang");
      std::thread([&peer] {
        std::this_thread::sleep_for(500ms);
        peer.tell("resume");
      }).join();
    }
    const int i = static_cast<int>(random() % 64);
    const auto read = plc.read("DB10.DBD" + std::to_string(4 * i) + ":DINT");
    if (!read) continue;
    ++good;
    ASSERT_EQ(read->text(), std::to_string(1000 + i)) << round;
  }
  EXPECT_GT(good, 100);
}

TEST(Plc, ManyThreadsAndAsynchronousCallsShareOneConnection) {
  PlcPeer peer;
  const Plc plc("127.0.0.1", options_for(peer));
  ASSERT_TRUE(plc.wait_online(60s));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const std::string address = "DB10.DBD" + std::to_string(400 + 4 * t) + ":DINT";
      for (int i = 0; i < 200; ++i) {
        if (!plc.write(address, std::to_string(i))) ++wrong;
        const auto read = plc.read(address);
        if (!read || read->text() != std::to_string(i)) ++wrong;
      }
    });
  std::atomic<int> answered = 0;
  for (int i = 0; i < 100; ++i)
    plc.read_async("DB10.DBD800:DINT", [&](const PlcResult<PlcValue>& value) {
      if (!value) ++wrong;
      ++answered;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(comes_true([&] { return answered == 100; })) << answered;
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace standstill
