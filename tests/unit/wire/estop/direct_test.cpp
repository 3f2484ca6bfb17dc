// Stops by datagram. The expected MAC comes from Python's hmac module.
#include "wire/estop/direct.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace standstill::estop {
namespace {

Keys master() {
  Secret made{};
  std::iota(made.begin(), made.end(), std::uint8_t{0});
  return Keys::read(Keys::master_file({"k1", made})).value();
}
Keys station(const std::string& name) { return Keys::read(master().station_file(name)).value(); }

// prk = hmac(bytes(32), bytes(range(32))); key = hmac(prk, b"_stop\x01"); hmac(key, b'stop\n{"a":1}')
constexpr auto by_python = R"({"signed":"{\"a\":1}","key_id":"k1",)"
                           R"("mac":"f1855750f8c00c0ffbeda316862ceb7f6c6aa54a918b5134bb09674efc05b42f"})";

TEST(EstopDirect, AStopIsSignedForEveryMember) {
  EXPECT_EQ(write_direct(R"({"a":1})", station("a")), by_python);
  EXPECT_EQ(read_direct(by_python, station("b")), R"({"a":1})") << "each has the same key";
  EXPECT_EQ(read_direct(by_python, master()), R"({"a":1})");
}

TEST(EstopDirect, WhoHasNoKeyIsNotObeyedOnIt) {
  const std::string good = by_python;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = changed[at] == '1' ? '2' : '1';
    EXPECT_FALSE(read_direct(changed, station("b"))) << "a changed byte passed at " << at;
  }
  EXPECT_FALSE(read_direct("", station("b")));
  EXPECT_FALSE(read_direct("stop", station("b")));
  EXPECT_FALSE(read_direct(std::string(longest_datagram + 1, ' '), station("b")));
  EXPECT_TRUE(write_direct(std::string(longest_datagram, 'x'), master()).empty()) << "too long to be sent";
}

TEST(EstopDirect, AKeyFileFromBeforeItHasNoSecondPath) {
  std::string file = master().station_file("a");
  file.resize(file.find("standstill-bus-key v1 stop"));
  const auto keys = Keys::read(file);
  ASSERT_TRUE(keys) << keys.error();
  EXPECT_TRUE(write_direct("{}", *keys).empty());
  EXPECT_FALSE(read_direct(by_python, *keys));
  const std::string only = master().station_file("a").substr(file.size());
  EXPECT_FALSE(Keys::read(only)) << "the common key alone makes no station";
}

TEST(EstopDirect, TheListOfPathsIsNoStopAndAStopNoList) {
  const std::vector<Path> paths{{"bench-1", "10.0.0.7:4711"}, {"ctrl-01", "[fd00::7]:4712"}};
  const std::string text = write_paths(paths, master());
  EXPECT_EQ(read_paths(text, station("a")), paths);
  EXPECT_FALSE(read_direct(text, station("a"))) << "its MAC is for something else";
  EXPECT_FALSE(read_paths(by_python, station("a")));
  EXPECT_FALSE(read_paths("{}", station("a")));
  EXPECT_FALSE(read_paths(write_paths({{"Not a name", "10.0.0.7:1"}}, master()), station("a")));
}

}  // namespace
}  // namespace standstill::estop
