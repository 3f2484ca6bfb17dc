// The trap nobody handles: answers that come after they were given up (facts: "Stale replies"). A device
// whose every answer may be late by 0 to 3 cycles past the time-out; each of its registers says which one it
// is, of which device, or when it was read.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <queue>
#include <random>

#include "bytes.hpp"
#include "wire/modbus/rtu_client.hpp"
#include "wire/modbus/server.hpp"
#include "wire/modbus/tcp_client.hpp"

namespace standstill::modbus::test {
namespace {

constexpr Duration time_out = 500ms;
constexpr Duration cycle = 1s;
constexpr Instant start = instant_from_ns(1'000'000'000'000);

std::uint16_t expected(std::uint8_t unit, std::uint16_t address) {
  return static_cast<std::uint16_t>(unit * 1000 + address);
}

// Even registers say who they are, odd ones the millisecond in which they were read.
struct Registers : Bank {
  std::uint8_t unit = 1;
  Instant now = start;
  std::expected<bool, Exception> bit(Function, std::uint16_t) override { return false; }
  std::expected<std::uint16_t, Exception> word(Function, std::uint16_t address) override {
    if (address % 2 == 0) return expected(unit, address);
    return static_cast<std::uint16_t>(to_ms(now - start) & 0xFFFF);
  }
  Exception may_write(Function, std::uint16_t) override { return Exception::none; }
  void write_bit(std::uint16_t, bool) override {}
  void write_word(std::uint16_t, std::uint16_t) override {}
};

enum class Order { kept, scattered };  // a device that works in turn; a network that overtakes

struct Line {
  std::mt19937 random;
  Order order = Order::kept;
  Instant busy_until = start;
  struct Due {
    Instant at;
    std::vector<std::byte> bytes;
    bool operator<(const Due& other) const { return at > other.at; }
  };
  std::priority_queue<Due> due;

  Instant answer_time(Instant now) {
    // One in three is late, by any amount up to time-out and three cycles.
    Duration wait = std::chrono::milliseconds(5 + random() % 40);
    if (random() % 3 == 0)
      wait = Duration(static_cast<std::int64_t>(random()) % (time_out + 3 * cycle).count());
    if (order == Order::scattered) return now + wait;
    busy_until = std::max(busy_until, now) + wait;
    return busy_until;
  }
};

struct Tally {
  int transactions = 0, answered = 0, timed_out = 0, wrong = 0, misdated = 0, refused_to_send = 0;
};

void check(const Request& request, const Outcome& outcome, Tally& tally) {
  const std::uint16_t address = request.pdu.word(1);
  const auto reply = outcome.reply.bytes();
  for (std::size_t i = 0; i < registers_in(reply); ++i) {
    const auto at = static_cast<std::uint16_t>(address + i);
    if (at % 2 == 0) {
      if (register_at(reply, i) != expected(request.unit, at)) ++tally.wrong;
    } else {
      const auto earliest = static_cast<std::uint16_t>(to_ms(outcome.read_at - start) & 0xFFFF);
      // No value may claim to be younger than it is; 1 ms for rounding.
      if (static_cast<std::int16_t>(register_at(reply, i) - earliest) < -1) ++tally.misdated;
    }
  }
}

class Rtu {
 public:
  Rtu(std::uint32_t seed, Order order) {
    line.random.seed(seed);
    line.order = order;
    RtuClient::Settings settings;
    settings.time_out = time_out;
    settings.latest = time_out + 3 * cycle + time_out;
    if (order == Order::kept) settings.latest = 60s;  // a queue of late answers adds up
    client = std::make_unique<RtuClient>(settings);
    client->connected(start);
  }

  Tally run(int transactions) {
    Instant now = start;
    Tally tally;
    Request current;
    const auto outcomes = [&] {
      while (const auto outcome = client->next()) {
        ++tally.transactions;
        if (outcome->what == Outcome::What::timed_out) ++tally.timed_out;
        if (outcome->what != Outcome::What::answered) continue;
        ++tally.answered;
        check(current, *outcome, tally);
      }
    };
    int blocked = 0;
    while (tally.transactions < transactions) {
      client->tick(now);
      outcomes();
      if (client->room(now) > 0) {
        const Request wanted = pick();
        if (client->may_send(wanted, now)) {
          current = wanted;
          client->send(wanted, 1, now);
          take(now);
          blocked = 0;
        } else {
          ++tally.refused_to_send;
          if (++blocked > 20) now += 100ms;
        }
      }
      Instant next = now + 20ms;
      if (!line.due.empty()) next = std::min(next, std::max(line.due.top().at, now + 1us));
      now = next;
      while (!line.due.empty() && line.due.top().at <= now) {
        EXPECT_TRUE(client->feed(line.due.top().bytes, now));
        line.due.pop();
      }
      outcomes();
    }
    return tally;
  }

 private:
  Request pick() {
    const auto unit = static_cast<std::uint8_t>(1 + line.random() % 3);
    const auto address = static_cast<std::uint16_t>(2 * (line.random() % 40));
    const auto count = static_cast<std::uint16_t>(2 * (1 + line.random() % 4));
    return read_request(unit,
                        line.random() % 4 == 0 ? Function::read_input_registers : Function::read_holding,
                        address, count);
  }

  void take(Instant now) {
    const auto bytes = plain(client->output());
    client->sent(bytes.size());
    RtuReader reader(RtuReader::Side::requests);
    auto left = raw(bytes);
    while (!left.empty()) {
      if (reader.read(left) != RtuReader::Result::frame) continue;
      Registers bank;
      bank.unit = reader.unit();
      // A device reads its registers when it gets round to it, at the latest when it answers.
      const Instant at = line.answer_time(now);
      bank.now = line.order == Order::kept ? std::max(now, at - 20ms) : now;
      std::vector<std::byte> out;
      append_rtu(out, reader.unit(), answer(bank, reader.pdu()));
      line.due.push({at, out});
    }
  }

  Line line;
  std::unique_ptr<RtuClient> client;
};

TEST(ModbusStale, rtu_ten_thousand_late_answers_none_for_another) {
  Rtu rtu(1, Order::kept);
  const Tally tally = rtu.run(5'000);
  EXPECT_EQ(tally.wrong, 0);
  EXPECT_EQ(tally.misdated, 0);
  EXPECT_GT(tally.answered, 500);
  EXPECT_GT(tally.timed_out, 500);
  Rtu scattered(2, Order::scattered);
  const Tally other = scattered.run(5'000);
  EXPECT_EQ(other.wrong, 0);
  EXPECT_EQ(other.misdated, 0);
  EXPECT_GT(other.answered, 2'000);
  EXPECT_GT(other.timed_out, 500);
  EXPECT_GT(other.refused_to_send, 0);
}

TEST(ModbusStale, tcp_ten_thousand_late_answers_none_for_another) {
  Line line;
  line.random.seed(3);
  line.order = Order::scattered;
  TcpClient client({time_out, 8, 65'000});  // the numbers wrap on the way
  client.connected(start);
  Tally tally;
  std::vector<std::pair<std::uint64_t, Request>> asked;
  Instant now = start;
  std::uint64_t key = 0;
  while (tally.transactions < 10'000) {
    client.tick(now);
    while (const auto outcome = client.next()) {
      ++tally.transactions;
      const auto request = std::ranges::find(asked, outcome->key, &std::pair<std::uint64_t, Request>::first);
      ASSERT_NE(request, asked.end());
      if (outcome->what == Outcome::What::timed_out) ++tally.timed_out;
      if (outcome->what == Outcome::What::answered) {
        ++tally.answered;
        check(request->second, *outcome, tally);
      }
      asked.erase(request);
    }
    while (client.room(now) > 0) {
      const auto unit = static_cast<std::uint8_t>(1 + line.random() % 3);
      const auto address = static_cast<std::uint16_t>(2 * (line.random() % 40));
      const Request request = read_request(unit, Function::read_holding, address, 4);
      asked.emplace_back(++key, request);
      client.send(request, key, now);
    }
    const auto bytes = plain(client.output());
    client.sent(bytes.size());
    TcpReader reader;
    for (auto left = raw(bytes); !left.empty();) {
      if (reader.read(left) != TcpReader::Result::frame) continue;
      Registers bank;
      bank.unit = reader.unit();
      bank.now = now;
      std::vector<std::byte> out;
      append_tcp(out, reader.transaction(), reader.unit(), answer(bank, reader.pdu()));
      line.due.push({line.answer_time(now), out});
    }
    now = line.due.empty() ? now + 20ms : std::min(now + 20ms, std::max(now, line.due.top().at));
    while (!line.due.empty() && line.due.top().at <= now) {
      ASSERT_TRUE(client.feed(line.due.top().bytes, now));
      line.due.pop();
    }
  }
  EXPECT_EQ(tally.wrong, 0);
  EXPECT_EQ(tally.misdated, 0);
  EXPECT_GT(tally.answered, 5'000);
  EXPECT_GT(tally.timed_out, 500);
  EXPECT_GT(client.counters().stale, 500U);
}

// ---- one late answer, step by step
// ------------------------------------------------------------------------------
struct OneLate : testing::Test {
  RtuClient client{{.baud = 9600, .time_out = time_out, .gap = {}, .lump = 30ms, .latest = 5s}};
  Instant now = start;
  Request one = read_request(1, Function::read_holding, 0, 2);
  Request other = read_request(1, Function::read_holding, 40, 2);

  void SetUp() override {
    client.connected(now);
    now += 100ms;
  }
  void send(const Request& request) {
    ASSERT_EQ(client.room(now), 1U);
    client.send(request, 7, now);
    client.sent(client.output().size());
  }
  void reply(const std::string& text) {
    std::vector<std::byte> out;
    append_rtu(out, 1, *Pdu::from(hex(text)));
    ASSERT_TRUE(client.feed(out, now));
  }
  void time_passes_out() {
    now += 600ms;
    client.tick(now);
    const auto outcome = client.next();
    ASSERT_TRUE(outcome);
    ASSERT_EQ(outcome->what, Outcome::What::timed_out);
    now += 100ms;
  }
};

TEST_F(OneLate, what_could_be_mistaken_is_not_sent_until_the_answer_has_come) {
  send(one);
  time_passes_out();
  EXPECT_FALSE(client.may_send(other, now));
  EXPECT_TRUE(client.may_send(one, now));  // its own answer is no mistake
  EXPECT_TRUE(client.may_send(read_request(1, Function::read_holding, 40, 3), now));
  EXPECT_TRUE(client.may_send(read_request(2, Function::read_holding, 40, 2), now));
  reply("03 04 00 01 00 02");  // late, and nobody's
  EXPECT_FALSE(client.next());
  EXPECT_EQ(client.counters().stale, 1U);
  EXPECT_TRUE(client.may_send(other, now));
}

TEST_F(OneLate, or_until_it_cannot_come_any_more) {
  send(one);
  time_passes_out();
  now += 4s;
  EXPECT_FALSE(client.may_send(other, now));
  now += 1s;
  EXPECT_TRUE(client.may_send(other, now));
}

TEST_F(OneLate, a_repeated_request_takes_the_late_answer_and_dates_it_back) {
  send(one);
  const Instant first = now;
  time_passes_out();
  send(one);
  now += 10ms;
  reply("03 04 00 01 00 02");
  const auto outcome = client.next();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->what, Outcome::What::answered);
  EXPECT_EQ(outcome->read_at, first);
  EXPECT_FALSE(client.may_send(other, now)) << "the second answer is still on its way";
}

TEST_F(OneLate, a_late_exception_refuses_nothing_else) {
  send(one);
  time_passes_out();
  send(read_request(1, Function::read_holding, 40, 3));
  now += 10ms;
  reply("83 02");
  EXPECT_FALSE(client.next()) << "nobody knows which of the two was refused";
  now += 10ms;
  reply("03 06 00 01 00 02 00 03");
  const auto outcome = client.next();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->what, Outcome::What::answered);
}

TEST_F(OneLate, a_reconnect_does_not_make_it_forget) {
  send(one);
  now += 100ms;
  client.connected(now);
  now += 100ms;
  EXPECT_FALSE(client.may_send(other, now));
}

TEST_F(OneLate, a_spoilt_answer_is_told_at_once_and_the_next_request_is_free) {
  send(one);
  now += 20ms;
  std::vector<std::byte> out;
  append_rtu(out, 1, *Pdu::from(hex("03 04 00 01 00 02")));
  out[4] ^= std::byte{0x10};
  ASSERT_TRUE(client.feed(out, now));
  EXPECT_EQ(client.room(now), 0U);
  now += 30ms;
  client.tick(now);
  const auto outcome = client.next();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->what, Outcome::What::corrupt);
  EXPECT_EQ(client.counters().crc_errors, 1U);
  now += 5ms;
  EXPECT_EQ(client.room(now), 1U);
  EXPECT_TRUE(client.may_send(other, now));
}

TEST_F(OneLate, noise_before_the_answer_does_not_count_as_the_answer) {
  send(one);
  now += 5ms;
  const auto noise = hex("00");
  ASSERT_TRUE(client.feed(raw(noise), now));
  now += 40ms;
  client.tick(now);
  const auto outcome = client.next();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->what, Outcome::What::corrupt);
  now += 50ms;
  EXPECT_FALSE(client.may_send(other, now)) << "the real answer may still come";
}

}  // namespace
}  // namespace standstill::modbus::test
