// Keys and signed messages. The expected bytes come from RFC 5869 and from Python's hmac module.
#include "wire/estop/signed.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace standstill::estop {
namespace {

Secret counting() {
  Secret made{};
  std::iota(made.begin(), made.end(), std::uint8_t{0});
  return made;
}

Keys master() { return Keys::read(Keys::master_file({"k1", counting()})).value(); }
Keys station(const std::string& name) { return Keys::read(master().station_file(name)).value(); }

Envelope envelope(const std::string& instance) {
  Envelope made;
  made.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  made.wall_ms = 1769860800000;
  made.source = {"standstill", instance, "0.1.0"};
  return made;
}

// python3: hmac.new(hmac.new(bytes(32), bytes(range(32)), sha256).digest(), b"station-01\x01", sha256)
TEST(EstopKeys, AreDerivedAsRfc5869Has) {
  EXPECT_EQ(
      master().station_file("station-01"),
      "standstill-bus-key v1 station station-01 k1 "
      "7b719ec0453216b0f373f294d9b2d47b646a57fdf222541dde51f85608cf22bc\n"
      "standstill-bus-key v1 stop k1 15173e1c0db92db2057993cf97e922dcbd1ca93c0adb3f06a6ba4c96257f2d64\n");
  EXPECT_EQ(mac(derive(counting(), "station-01"), R"({"action":"reset","epoch":7})"),
            "67bd10be3134ce876694cb94af8c5276f88de2398022984e74aa4201080094eb");
}

TEST(EstopKeys, RefuseADamagedFile) {
  const std::string good = Keys::master_file({"k1", counting()});
  EXPECT_TRUE(Keys::read("# comment\n\n" + good));
  EXPECT_FALSE(Keys::read(""));
  EXPECT_FALSE(Keys::read(good.substr(0, good.size() - 3)));
  EXPECT_FALSE(Keys::read("ssh-rsa AAAA\n"));
  EXPECT_FALSE(Keys::read(good + good)) << "the same name twice";
  EXPECT_FALSE(Keys::read(good + master().station_file("a"))) << "two kinds in one file";
}

TEST(EstopKeys, AStationHasNoKeyForAnybodyElse) {
  EXPECT_EQ(station("a").of("a").size(), 1U);
  EXPECT_TRUE(station("a").of("b").empty());
  EXPECT_TRUE(write_release(envelope("ctrl"), {Action::reset, 1, 1, "eve", "0123456789abcdef", 1, 0},
                            station("a"), "b")
                  .empty());
}

TEST(EstopSigned, AReleaseIsForOneStation) {
  const Release release{Action::start, 7, 9, "anna", "0123456789abcdef", 3, 2};
  const std::string text = write_release(envelope("ctrl-01"), release, master(), "a");
  const auto read = read_release(text, station("a"), "a");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->content.action, Action::start);
  EXPECT_EQ(read->content.epoch, 7U);
  EXPECT_EQ(read->content.station_epoch, 9U);
  EXPECT_EQ(read->content.operator_name, "anna");
  EXPECT_EQ(read->content.counter, 3U);
  EXPECT_EQ(read->content.stops, 2U);
  EXPECT_FALSE(read_release(text, station("b"), "b")) << "meant for another";
  for (std::size_t at = text.find("payload"); at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == '1' ? '2' : '1';
    const auto forged = read_release(changed, station("a"), "a");
    EXPECT_FALSE(forged) << "a changed byte passed at " << at;
  }
}

// What is signed is also what a station compares, so words in it must not pass for the members around it.
TEST(EstopSigned, TheBeginningOfALatchHoldsAllThatItSays) {
  LatchRecord record;
  record.epoch = 7;
  record.controller = "ctrl-01";
  record.detail = R"(","key_id":"k9","macs":{"a":"00"},"macs":{)";
  std::vector<std::string> many{std::string(controllers)};
  for (int i = 0; i < 1000; ++i) many.push_back("sim-" + std::to_string(i));
  many.emplace_back("a");
  const std::string text = write_latch(record, master(), many);
  const std::string head(latch_head(text));
  EXPECT_TRUE(text.starts_with(head));
  EXPECT_LT(head.size(), 700U);
  EXPECT_TRUE(head.ends_with(R"(,"key_id":"k1","macs":{)")) << head;
  for (const auto* who : {"a", "sim-0", "sim-99", "sim-999"}) {
    const auto read = read_latch(text, station(who), who);
    ASSERT_TRUE(read) << who << ": " << read.error();
    EXPECT_EQ(*read, record);
  }
  EXPECT_FALSE(read_latch(text, station("sim-1000"), "sim-1000")) << "it has no MAC there";
  ++record.epoch;
  EXPECT_NE(latch_head(write_latch(record, master(), many)), head);
  for (const auto* other : {"", "tripped", R"({"macs":{},"signed":"x"})", R"({"signed":"x","macs":)"})
    EXPECT_EQ(latch_head(other), "") << other;
  // Laid out by somebody else, and read all the same.
  const std::string spaced = "{ " + write_latch(record, master(), {"a"}).substr(1);
  EXPECT_EQ(latch_head(spaced), "");
  EXPECT_TRUE(read_latch(spaced, station("a"), "a"));
}

TEST(EstopSigned, ALatchIsNotVouchedForByAMacThatStandsElsewhere) {
  LatchRecord record;
  record.epoch = 7;
  record.controller = "c";
  const std::string text = write_latch(record, master(), {"a", "b"});
  const auto at = text.find("\"a\":\"") + 5, other = text.find("\"b\":\"") + 5;
  std::string changed = text;
  changed.replace(at, 64, text.substr(other, 64));
  EXPECT_FALSE(read_latch(changed, station("a"), "a")) << "the MAC of b";
  EXPECT_TRUE(read_latch(changed, station("b"), "b"));
  EXPECT_FALSE(read_latch(text.substr(0, at + 63), station("a"), "a")) << "cut short";
}

TEST(EstopSigned, AKeyIsRotatedWithoutAGap) {
  Secret newer = counting();
  newer[0] = 99;
  const std::string both = Keys::master_file({"k2", newer}) + Keys::master_file({"k1", counting()});
  const Keys rotated = Keys::read(both).value();
  const Release release{Action::reset, 7, 7, "anna", "0123456789abcdef", 3, 2};
  const std::string old_text = write_release(envelope("ctrl-01"), release, master(), "a");
  const std::string new_text = write_release(envelope("ctrl-01"), release, rotated, "a");
  const Keys station_both = Keys::read(rotated.station_file("a")).value();
  EXPECT_TRUE(read_release(old_text, station_both, "a"));
  EXPECT_TRUE(read_release(new_text, station_both, "a"));
  EXPECT_FALSE(read_release(new_text, station("a"), "a")) << "it does not have the new key yet";
  const Keys only_new = Keys::read(Keys::master_file({"k2", newer})).value();
  EXPECT_FALSE(read_release(old_text, Keys::read(only_new.station_file("a")).value(), "a"))
      << "the old key was taken out";
}

TEST(EstopSigned, TheLatchIsVouchedForToEachStation) {
  LatchRecord record;
  record.epoch = 12;
  record.state = LatchState::ready;
  record.code = "button_press";
  record.controller = "ctrl-01";
  const std::string text = write_latch(record, master(), {"a", "b"});
  const auto read = read_latch(text, station("a"), "a");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->epoch, 12U);
  EXPECT_EQ(read->state, LatchState::ready);
  EXPECT_TRUE(read_latch(text, station("b"), "b"));
  EXPECT_FALSE(read_latch(text, station("c"), "c")) << "it has no MAC for c";
  std::string forged = text;
  forged.replace(forged.find("ready"), 5, "running");
  EXPECT_FALSE(read_latch(forged, station("a"), "a"));
  EXPECT_FALSE(read_latch("", station("a"), "a"));
  EXPECT_FALSE(read_latch("tripped", station("a"), "a"));
}

TEST(EstopSigned, ASafeConfirmationIsTheStationsOwn) {
  SafeState state;
  state.epoch = 12;
  state.station_epoch = 3;
  state.commanded_ms = 4;
  state.boot_nonce = "0123456789abcdef";
  state.outputs = {{"relay", false, "confirmed"}, {"mains", true, "none"}};
  const std::string text = write_safe_state(envelope("a"), state, station("a"), "a");
  const auto read = read_safe_state(text, master());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->content.commanded_ms, 4);
  EXPECT_TRUE(read->content.outputs.at(1).run);
  std::string as_b = text;
  as_b.replace(as_b.find(R"("instance":"a")"), 14, R"("instance":"b")");
  EXPECT_FALSE(read_safe_state(as_b, master())) << "a cannot speak for b";
}

}  // namespace
}  // namespace standstill::estop
