// Whose data a read is shown.
#include <functional>
#include <utility>

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

}  // namespace
}  // namespace standstill::plc
