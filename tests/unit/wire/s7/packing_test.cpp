#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/s7/frame.hpp"
#include "wire/s7/packing.hpp"

namespace standstill::s7 {
namespace {

std::size_t read_reply_bytes(const Parcel& parcel) {
  std::size_t bytes = read_reply_head;
  for (std::size_t i = 0; i < parcel.size(); ++i) {
    const std::size_t size = bytes_of(parcel[i].range);
    bytes += item_head + size + (i + 1 < parcel.size() ? size % 2 : 0);
  }
  return bytes;
}

// facts: 20 items; read payload = PDU - 18; single write = PDU - 28; at PDU 240 only 19 items fit.
TEST(S7Packing, TheLimitsOfAPdu) {
  for (const std::uint16_t pdu : {std::uint16_t{240}, std::uint16_t{480}, std::uint16_t{960}}) {
    const auto most_read = static_cast<std::uint16_t>(pdu - 18);
    const auto most_write = static_cast<std::uint16_t>(pdu - 28);
    const auto fits = [](const auto& parcels) { return parcels.size() == 1; };
    EXPECT_TRUE(fits(pack_reads(std::vector{bytes_range(Area::db, 1, 0, most_read)}, pdu)));
    EXPECT_FALSE(fits(pack_reads(
        std::vector{bytes_range(Area::db, 1, 0, static_cast<std::uint16_t>(most_read + 1))}, pdu)));
    EXPECT_TRUE(fits(pack_writes(std::vector{bytes_range(Area::db, 1, 0, most_write)}, pdu)));
    EXPECT_FALSE(fits(pack_writes(
        std::vector{bytes_range(Area::db, 1, 0, static_cast<std::uint16_t>(most_write + 1))}, pdu)));
  }
  const std::vector<Range> twenty(20, bytes_range(Area::flags, 0, 0, 2));
  EXPECT_EQ(pack_reads(twenty, 480).size(), 1U);
  ASSERT_EQ(pack_reads(twenty, 240).size(), 2U);
  EXPECT_EQ(pack_reads(twenty, 240).front().size(), 19U);
  EXPECT_EQ(pack_reads(std::vector<Range>(21, twenty.front()), 960).size(), 2U);
}

TEST(S7Packing, EveryByteOnceAndEveryMessageWithinThePdu) {
  EXPECT_TRUE(rc::check([] {
    const std::uint16_t pdu = *rc::gen::element<std::uint16_t>(64, 240, 241, 480, 960);
    std::vector<Range> ranges;
    const auto items = *rc::gen::inRange<std::size_t>(1, 40);
    for (std::size_t i = 0; i < items; ++i) {
      const auto count = static_cast<std::uint16_t>(*rc::gen::inRange(1, *rc::gen::element(3, 300, 5000)));
      const auto start = *rc::gen::inRange<std::uint32_t>(0, 60000);
      if (*rc::gen::inRange(0, 4) == 0)
        ranges.push_back({Area::timers, 0, WordLength::timer, count, start});
      else
        ranges.push_back(bytes_range(Area::db, 7, start, count));
    }
    for (const bool writing : {false, true}) {
      std::vector<std::size_t> next(ranges.size(), 0);
      for (const Parcel& parcel : writing ? pack_writes(ranges, pdu) : pack_reads(ranges, pdu)) {
        RC_ASSERT(!parcel.empty() && parcel.size() <= max_items);
        std::vector<Range> of_parcel;
        std::vector<Bytes> data;
        for (const Piece& piece : parcel) {
          const Range& whole = ranges[piece.transfer];
          RC_ASSERT(piece.offset == next[piece.transfer]);
          next[piece.transfer] += bytes_of(piece.range);
          const std::uint32_t moved = whole.length == WordLength::byte ? piece.offset * 8 : piece.offset / 2;
          RC_ASSERT(piece.range.start == whole.start + moved);
          of_parcel.push_back(piece.range);
          data.emplace_back(bytes_of(piece.range));
        }
        Bytes request;
        if (writing) {
          std::vector<WriteItem> writes;
          for (std::size_t i = 0; i < of_parcel.size(); ++i) writes.push_back({of_parcel[i], data[i]});
          append_write_request(request, 1, writes);
        } else {
          append_read_request(request, 1, of_parcel);
          RC_ASSERT(read_reply_bytes(parcel) <= pdu);
        }
        RC_ASSERT(request.size() - data_frame_head <= pdu);
      }
      for (std::size_t i = 0; i < ranges.size(); ++i) RC_ASSERT(next[i] == bytes_of(ranges[i]));
    }
  }));
}

}  // namespace
}  // namespace standstill::s7
