// Several requests on one Modbus TCP connection. Frames as the Modbus Messaging on TCP/IP Implementation
// Guide V1.0b has them (3.1.3): number, protocol 0, length, unit.
#include <gtest/gtest.h>

#include "unit/wire/modbus/bytes.hpp"
#include "wire/modbus/tcp_client.hpp"

namespace standstill::modbus {
namespace {

using test::hex;
using test::raw;

constexpr Instant start = instant_from_ns(1'000'000'000'000);

Request read_of(std::uint8_t unit) { return read_request(unit, Function::read_holding, 3, 1); }

TEST(ModbusTcpClient, answers_find_their_requests_in_any_order) {
  TcpClient client({.time_out = 500ms, .at_once = 3, .first_number = 7});
  client.connected(start);
  for (std::uint8_t unit = 1; unit <= 3; ++unit) {
    ASSERT_EQ(client.room(start), 4U - unit);
    client.send(read_of(unit), unit, start);
  }
  EXPECT_EQ(client.room(start), 0U);
  EXPECT_TRUE(client.busy());
  ASSERT_TRUE(client.feed(raw(hex("00 09 00 00 00 05 03 03 02 00 33")), start + 1ms));
  ASSERT_TRUE(client.feed(raw(hex("00 07 00 00 00 05 01 03 02 00 11")), start + 2ms));
  EXPECT_EQ(client.room(start + 2ms), 2U);
  const auto first = client.next(), second = client.next();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->key, 3U);
  EXPECT_EQ(register_at(first->reply.bytes(), 0), 0x33);
  EXPECT_EQ(second->key, 1U);
  EXPECT_EQ(register_at(second->reply.bytes(), 0), 0x11);
  // The one in between is given up by itself.
  client.tick(start + 500ms);
  const auto third = client.next();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->key, 2U);
  EXPECT_EQ(third->what, Outcome::What::timed_out);
}

TEST(ModbusTcpClient, it_rests_between_an_answer_and_the_next_request) {
  TcpClient client({.time_out = 500ms, .at_once = 1, .first_number = 7, .gap = 40ms});
  client.connected(start);
  ASSERT_EQ(client.room(start), 1U) << "the first one need not wait";
  client.send(read_of(1), 1, start);
  ASSERT_TRUE(client.feed(raw(hex("00 07 00 00 00 05 01 03 02 00 11")), start + 10ms));
  EXPECT_EQ(client.room(start + 49ms), 0U);
  EXPECT_EQ(client.ready_at(), start + 50ms);
  EXPECT_EQ(client.room(start + 50ms), 1U);
  client.send(read_of(1), 2, start + 50ms);
  client.tick(start + 550ms);
  EXPECT_EQ(client.room(start + 589ms), 0U) << "also after one that was given up";
  EXPECT_EQ(client.room(start + 590ms), 1U);
  client.connected(start + 560ms);
  EXPECT_EQ(client.room(start + 560ms), 1U) << "a new connection has had its rest";
}

}  // namespace
}  // namespace standstill::modbus
