// The short way of a stop beside the long one: whatever the short one takes, the long one takes too, and both
// say the same. The messages are written out by hand.
#include "wire/estop/plain.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "unit/wire/estop/stop_text.hpp"
#include "wire/estop/direct.hpp"
#include "wire/estop/keys.hpp"

namespace standstill::estop {
namespace {

// Both ways; true when the short one took it.
bool agree(const std::string& text) {
  const auto plain = read_plain_stop(text);
  if (!plain) return false;
  const auto whole = read_message(text);
  EXPECT_TRUE(whole) << text << ": " << (whole ? "" : whole.error());
  if (!whole) return true;
  const auto* stop = std::get_if<EmergencyStop>(&whole->payload);
  EXPECT_NE(stop, nullptr) << text;
  if (stop == nullptr) return true;
  EXPECT_EQ(plain->id, whole->envelope.id) << text;
  EXPECT_EQ(plain->service, whole->envelope.source.service) << text;
  EXPECT_EQ(plain->instance, whole->envelope.source.instance) << text;
  EXPECT_EQ(plain->reason, stop->reason) << text;
  EXPECT_EQ(plain->description, stop->description) << text;
  EXPECT_EQ(plain->initiator, stop->initiator) << text;
  EXPECT_TRUE(plain->unreadable.empty() && !plain->straight) << text;
  return true;
}

TEST(PlainStop, IsReadAsTheLongWayReadsIt) {
  EXPECT_TRUE(agree(stop_text));
  EXPECT_TRUE(agree(with(stop_text, R"(,"description":"red button","initiator":"operator")", "")));
  EXPECT_TRUE(agree(with(stop_text, R"("2026-01-31T12:00:00.000Z")", "1769860800")));
  EXPECT_TRUE(agree(with(stop_text, R"("2026-01-31T12:00:00.000Z")", "253402300799")));
  EXPECT_TRUE(agree(with(stop_text, "red button", std::string(256, 'x'))));
  // As other libraries write it, and in another order.
  std::string spaced;
  for (const char c : stop_text) spaced += std::string(1, c) + (c == ',' ? " " : "");
  EXPECT_TRUE(agree(spaced));
  const auto payload = stop_text.find(R"(,"payload":)");
  EXPECT_TRUE(agree("{" + stop_text.substr(payload + 1, stop_text.size() - payload - 2) + "," +
                    stop_text.substr(1, payload - 1) + "}"));
}

TEST(PlainStop, WhatItDoesNotKnowIsLeftToTheLongWay) {
  const auto refused = [](const std::string& text) { EXPECT_FALSE(read_plain_stop(text)) << text; };
  refused("");
  refused("{}");
  refused(stop_text + " ");
  refused(stop_text.substr(0, stop_text.size() - 1));
  refused(with(stop_text, "red button", "T\xC3\xBCr"));
  refused(with(stop_text, "red button", R"(a \"red\" one)"));
  refused(with(stop_text, "red button", std::string(257, 'x')));
  refused(with(stop_text, "red button", "red\nbutton"));
  refused(with(stop_text, R"("reason")", R"("reason":"button_press","reason")"));
  refused(with(stop_text, R"("2026-01-31T12:00:00.000Z")", "01769860800"));
  refused(with(stop_text, R"("2026-01-31T12:00:00.000Z")", "253402300800"));
  refused(with(stop_text, R"("2026-01-31T12:00:00.000Z")", "1769860800.0"));
  refused(with(stop_text, "system.emergency_stop", "service.heartbeat"));
  // And the long way takes what is right of it.
  EXPECT_EQ(judge_stop(with(stop_text, "red button", "T\xC3\xBCr")).description, "T\xC3\xBCr");
  EXPECT_EQ(judge_stop(with(stop_text, "red button", R"(a \"red\" one)")).description, R"(a "red" one)");
}

// Every byte left out, doubled, and put otherwise: nothing gets by the short way that the long one refuses.
TEST(PlainStop, TakesNothingThatTheLongWayRefuses) {
  const std::vector<std::string> others{"\"", "\\", "{",  "}", ":", ",", " ", "0",    "9",
                                        "a",  "Z",  "\n", "-", ".", "_", "[", "\x7f", "\xC3"};
  int taken = 0;
  const std::string seconds = with(stop_text, R"("2026-01-31T12:00:00.000Z")", "1769860800");
  for (const std::string& text : {stop_text, seconds})
    for (std::size_t i = 0; i < text.size(); ++i) {
      taken += agree(text.substr(0, i) + text.substr(i + 1)) ? 1 : 0;
      taken += agree(text.substr(0, i + 1) + text.substr(i)) ? 1 : 0;
      for (const std::string& other : others) {
        taken += agree(text.substr(0, i) + other + text.substr(i + 1)) ? 1 : 0;
        taken += agree(text.substr(0, i) + other + text.substr(i)) ? 1 : 0;
      }
    }
  EXPECT_GT(taken, 500) << "the two were hardly compared";
}

Envelope envelope() {
  Envelope made;
  made.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  made.wall_ms = 1769860800000;
  made.source = {"station_firmware", "bench-2", "1.4.0"};
  return made;
}

TEST(PlainStop, IsWrittenAsTheFormatHasIt) {
  Envelope from = envelope();
  EXPECT_EQ(write_plain_stop(from, {CauseCode::button_press, "red button", "operator"}), stop_text);
  EXPECT_EQ(write_plain_stop(from, {CauseCode::button_press, {}, {}}),
            with(stop_text, R"(,"description":"red button","initiator":"operator")", ""));
  from.form = TimeForm::seconds;
  EXPECT_EQ(write_plain_stop(from, {CauseCode::button_press, "red button", "operator"}),
            with(stop_text, R"("2026-01-31T12:00:00.000Z")", "1769860800"));
}

TEST(PlainStop, WhatIsNotPlainOrNotRightIsWrittenTheLongWayOrNotAtAll) {
  const auto written = [](const Envelope& from, const EmergencyStop& stop) {
    EXPECT_EQ(write_plain_stop(from, stop), "");
    return write_message({from, stop});
  };
  const std::string quoted = "a \"red\" one";
  EXPECT_EQ(judge_stop(written(envelope(), {CauseCode::button_press, quoted, {}}).value()).description,
            quoted);
  EXPECT_FALSE(written(envelope(), {CauseCode::limit, {}, {}}));
  EXPECT_FALSE(written(envelope(), {CauseCode::button_press, std::string(257, 'x'), {}}));
  EXPECT_FALSE(written(envelope(), {CauseCode::button_press, {}, std::string(65, 'x')}));
  Envelope wrong = envelope();
  wrong.source.instance = "Bench 2";
  EXPECT_FALSE(written(wrong, {CauseCode::button_press, {}, {}}));
  wrong = envelope();
  wrong.reply_to = "somewhere";
  EXPECT_FALSE(written(wrong, {CauseCode::button_press, {}, {}}));
}

TEST(PlainSigned, IsWhatAnyLibraryWritesAndReads) {
  const std::string mac(64, 'a');
  for (const std::string& text : {stop_text, std::string(R"(a \ and a ")"), std::string("{}")}) {
    const std::string expected =
        nlohmann::ordered_json{{"signed", text}, {"key_id", "k1"}, {"mac", mac}}.dump();
    EXPECT_EQ(write_plain_signed(text, "k1", mac), expected);
    const auto read = read_plain_signed(expected);
    ASSERT_TRUE(read) << expected;
    EXPECT_EQ(read->text, text);
    EXPECT_EQ(read->key_id, "k1");
    EXPECT_EQ(read->mac, mac);
  }
  EXPECT_EQ(write_plain_signed("line\nend", "k1", mac), "");
  EXPECT_EQ(write_plain_signed("T\xC3\xBCr", "k1", mac), "");
}

TEST(PlainSigned, TakesNothingThatALibraryReadsOtherwise) {
  const std::string whole = write_plain_signed(R"(say "x\y")", "k1", std::string(64, 'a'));
  int taken = 0;
  const auto agrees = [&](const std::string& text) {
    const auto read = read_plain_signed(text);
    if (!read) return;
    ++taken;
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    ASSERT_TRUE(parsed.is_object() && parsed.size() == 3) << text;
    EXPECT_EQ(parsed.value("signed", ""), read->text) << text;
    EXPECT_EQ(parsed.value("key_id", ""), read->key_id) << text;
    EXPECT_EQ(parsed.value("mac", ""), read->mac) << text;
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    agrees(whole.substr(0, i) + whole.substr(i + 1));
    for (const char other : {'"', '\\', 'n', 'u', ' ', ',', '}', '\n'}) {
      agrees(whole.substr(0, i) + other + whole.substr(i + 1));
      agrees(whole.substr(0, i) + other + whole.substr(i));
    }
  }
  EXPECT_GT(taken, 100) << "the two were hardly compared";
}

// What the short way cannot carry goes the long way, and arrives all the same; a wrong MAC does on neither.
TEST(PlainSigned, BothWaysLeadThroughADatagram) {
  Secret secret{};
  secret.fill(0x5A);
  const Keys keys = Keys::read(Keys::master_file({"k1", secret})).value();
  for (const std::string& text : {stop_text, std::string("T\xC3\xBCr"), std::string("line\nend")}) {
    std::string datagram = write_direct(text, keys);
    EXPECT_EQ(read_direct(datagram, keys).value_or("refused"), text);
    const auto laid_out_otherwise = nlohmann::json::parse(datagram).dump(1);
    EXPECT_EQ(read_direct(laid_out_otherwise, keys).value_or("refused"), text);
    datagram[datagram.size() - 3] = datagram[datagram.size() - 3] == '0' ? '1' : '0';
    EXPECT_FALSE(read_direct(datagram, keys));
  }
}

}  // namespace
}  // namespace standstill::estop
