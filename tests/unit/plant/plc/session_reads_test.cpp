// Whose data a read is shown.
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "unit/plant/plc/wire.hpp"

namespace standstill::plc {
namespace {

using test::KeptItems;
using test::number_places;
using test::Wire;

// A read takes the memory of the one before it, also of one that failed, and nothing else: asked from inside
// the answer to another, and beside it.
TEST(PlcSession, EachReadIsShownItsOwnData) {
  Wire wire;
  number_places(wire);
  wire.connect();
  std::vector<Outcome<KeptItems>> got;
  const auto ask = [&](
                       std::initializer_list<s7::Range> ranges, const std::function<void()>& then = [] {}) {
    wire.session.read(ranges, {}, wire.now, [&got, then](const Outcome<Items>& outcome) {
      got.push_back(test::kept(outcome));
      then();
    });
  };
  const auto range = [](std::uint16_t db, std::uint32_t at, std::uint16_t size) {
    return s7::bytes_range(s7::Area::db, db, at, size);
  };
  for (int round = 0; round < 3; ++round) {
    got.clear();
    ask({range(10, 0, 3), range(99, 0, 4), range(10, 7, 1)}, [&] { ask({range(10, 8, 4)}); });
    ask({range(10, 4, 4)}, [&] { ask({range(10, 0, 20000)}, [&] { ask({range(10, 12, 4)}); }); });
    ASSERT_TRUE(wire.exchange());
    ASSERT_EQ(got.size(), 5U);
    for (const auto& one : got) ASSERT_TRUE(one);
    ASSERT_EQ(got[0]->size(), 3U);
    EXPECT_EQ(got[0]->at(0).data, (s7::Bytes{std::byte{0xA5}, {}, {}}));
    EXPECT_EQ(got[0]->at(1).code, s7::ItemCode::missing);
    EXPECT_TRUE(got[0]->at(1).data.empty());
    EXPECT_EQ(got[0]->at(2).data, (s7::Bytes{std::byte{4}}));
    for (const auto& [place, at] : {std::pair{1U, 4U}, {2U, 8U}, {4U, 12U}}) {
      ASSERT_EQ(got[place]->size(), 1U);
      EXPECT_EQ(s7::get32(got[place]->at(0).data, 0), 0xA5000000U + at);
    }
    ASSERT_EQ(got[3]->at(0).data.size(), 20000U);
    EXPECT_EQ(s7::get32(got[3]->at(0).data, 19996), 0xA5000000U + 19996);
  }
}

// Groups whose owners keep them are known again by where they are, and by nothing that was there before.
TEST(PlcSession, AGroupThatIsKeptIsShownItsOwnDataHoweverReadsFollowEachOther) {
  Wire wire;
  number_places(wire);
  wire.connect();
  const auto kept = [](std::vector<std::uint32_t> places) {
    std::vector<s7::Range> ranges;
    for (const auto at : places) ranges.push_back(s7::bytes_range(s7::Area::db, 10, at, 4));
    return std::make_shared<const std::vector<s7::Range>>(std::move(ranges));
  };
  const auto shown = [&wire](const auto& ranges) {
    std::optional<Outcome<KeptItems>> got;
    wire.session.read(ranges, {}, wire.now,
                      [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
    EXPECT_TRUE(wire.exchange());
    std::vector<std::uint32_t> places;
    if (got && *got)
      for (const auto& item : **got) places.push_back(s7::get32(item.data, 0) - 0xA5000000U);
    return places;
  };
  using Places = std::vector<std::uint32_t>;
  auto one = kept({0, 4, 8});
  const auto other = kept({12, 4});
  const std::vector<s7::Range> loose = *other;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(shown(one), (Places{0, 4, 8}));
    EXPECT_EQ(shown(one), (Places{0, 4, 8}));
    EXPECT_EQ(shown(other), (Places{12, 4}));
    EXPECT_EQ(shown(loose), (Places{12, 4}));
    EXPECT_EQ(shown(one), (Places{0, 4, 8}));
    EXPECT_EQ(shown(loose), (Places{12, 4}));
    EXPECT_EQ(shown(other), (Places{12, 4}));
  }
  // Another that may take the place in memory of one that is gone.
  for (std::uint32_t at = 0; at < 400; at += 4) {
    one = kept({at});
    EXPECT_EQ(shown(one), (Places{at}));
    one.reset();
  }
}

// The same question, of a PLC that came back with smaller messages, and then with larger ones again.
TEST(PlcSession, WhatFittedIntoOneRequestIsCutAfterAReturnWithSmallerMessages) {
  Wire wire;
  number_places(wire);
  std::vector<s7::Range> ranges;
  for (std::uint32_t at = 0; at < 80; at += 4) ranges.push_back(s7::bytes_range(s7::Area::db, 10, at, 4));
  for (const unsigned granted : {480U, 240U, 64U, 960U}) {
    const auto pdu = static_cast<std::uint16_t>(granted);
    wire.cpu.manners().pdu = pdu;
    wire.connect();
    ASSERT_EQ(wire.session.pdu(), pdu);
    for (int round = 0; round < 3; ++round) {
      std::optional<Outcome<KeptItems>> got;
      wire.session.read(ranges, {}, wire.now,
                        [&](const Outcome<Items>& outcome) { got = test::kept(outcome); });
      ASSERT_TRUE(wire.exchange()) << pdu;
      ASSERT_TRUE(got && *got) << pdu << (got ? got->error().text : "");
      for (std::uint32_t i = 0; i < ranges.size(); ++i)
        ASSERT_EQ(s7::get32((*got)->at(i).data, 0), 0xA5000000U + 4 * i) << pdu;
    }
    wire.end();
  }
}

}  // namespace
}  // namespace standstill::plc
