// A session and a simulated CPU, joined by a wire that a test can hold, cut, and bend. Time is a number.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "plant/plc/session.hpp"
#include "plant/plc/values.hpp"
#include "sim/plc_cpu.hpp"
#include "wire/s7/frame.hpp"

namespace standstill::plc::test {

inline SessionSettings settings_for_test() {
  SessionSettings settings;
  settings.peer = "plc:102";
  settings.answer_within = 1s;
  settings.allow_write = true;
  settings.allow_control = true;
  return settings;
}

// What was handed over, for longer than the call that did.
struct KeptItem {
  s7::ItemCode code = s7::ItemCode::good;
  s7::Bytes data = {};
};
using KeptItems = std::vector<KeptItem>;
inline Outcome<KeptItems> kept(const Outcome<Items>& outcome) {
  if (!outcome) return std::unexpected(outcome.error());
  KeptItems items;
  for (const auto& one : *outcome) items.push_back({one.code, {one.data.begin(), one.data.end()}});
  return items;
}

class Wire {
 public:
  explicit Wire(SessionSettings settings = settings_for_test(), sim::PlcManners manners = {})
      : session(std::move(settings)), own_(std::in_place, std::move(manners)), cpu(*own_) {}
  // One more client of a CPU.
  explicit Wire(sim::PlcCpu& shared) : session(settings_for_test()), cpu(shared) {}

  void connect() {
    connection = {};
    reader.reset();
    answers.clear();
    session.connected(now);
    exchange();
  }
  // Takes what the session sends; its answers wait in `answers`.
  void carry_out() {
    while (!session.output().empty()) {
      reader.add(session.output());
      session.sent(session.output().size());
    }
    for (;;) {
      const auto what = reader.next();
      if (what == s7::FrameReader::Result::connect)
        answers.push_back(s7::confirm_frame({reader.connect().source, 1, reader.connect().tsaps, 0x0A}));
      else if (what == s7::FrameReader::Result::data)
        take(reader.message());
      else
        return;
    }
  }
  // One answer arrives.
  bool carry_back() {
    const s7::Bytes answer = std::move(answers.front());
    answers.pop_front();
    return session.feed(answer, now);
  }
  // Back and forth until nobody says anything.
  bool exchange() {
    for (carry_out(); !answers.empty(); carry_out())
      if (!carry_back()) return false;
    return true;
  }
  void end() { EXPECT_EQ(session.ended(now), link::Ending::crash); }

  Outcome<Values> read(const std::vector<std::string>& texts, Terms terms = {}) {
    std::vector<s7::Address> addresses;
    for (const auto& text : texts) addresses.push_back(s7::parse_address(text).value());
    std::optional<Outcome<Values>> got;
    read_values(session, addresses, terms, now, [&](Outcome<Values> outcome) { got = std::move(outcome); });
    exchange();
    EXPECT_TRUE(got);
    return got ? std::move(*got) : std::unexpected(Trouble{});
  }

  Instant now = instant_from_ns(1'000'000'000'000);
  Session session;

 private:
  std::optional<sim::PlcCpu> own_{};

 public:
  sim::PlcCpu& cpu;
  sim::PlcCpu::Connection connection;
  s7::FrameReader reader;
  std::deque<s7::Bytes> answers;
  std::function<void(s7::Bytes&)> bend;  // what happens to each answer on its way into `answers`

 private:
  void take(s7::View payload) {
    const auto message = s7::read_message(payload);
    ASSERT_TRUE(message) << message.error();
    if (auto answer = cpu.answer(connection, *message, 0)) {
      if (bend) bend(*answer);
      answers.push_back(std::move(*answer));
    }
  }
};

// Every four bytes of DB10 say where they stand.
inline void number_places(Wire& wire) {
  for (std::uint32_t at = 0; at + 4 <= 65536; at += 4) {
    s7::Bytes bytes;
    s7::put32(bytes, 0xA5000000U + at);
    ASSERT_EQ(wire.cpu.memory().write(s7::bytes_range(s7::Area::db, 10, at, 4), bytes), s7::ItemCode::good);
  }
}

}  // namespace standstill::plc::test
