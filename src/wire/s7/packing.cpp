#include "wire/s7/packing.hpp"

#include <algorithm>

namespace standstill::s7 {

namespace {

class Packer {
 public:
  // What one PDU holds beside its head, for requests and for replies; 0: the reply's size does not matter.
  Packer(std::size_t request_room, std::size_t reply_room, std::size_t largest_piece, bool data_in_request,
         std::size_t ranges)
      : most_pieces_(std::min(ranges, max_items)),
        request_room_(request_room),
        reply_room_(reply_room),
        largest_piece_(largest_piece),
        data_in_request_(data_in_request) {}

  void add(const Range& range, std::uint32_t transfer) {
    const std::size_t unit = bytes_of(range.length);
    const auto elements_a_piece = std::max<std::size_t>(largest_piece_ / unit, 1);
    // A bit address counts bits, that of a counter or timer is its number.
    const std::uint32_t step = range.length == WordLength::bit ? 1
                               : range.length == WordLength::counter || range.length == WordLength::timer
                                   ? 1
                                   : static_cast<std::uint32_t>(unit * 8);
    for (std::size_t done = 0; done < range.count;) {
      const std::size_t count = std::min<std::size_t>(range.count - done, elements_a_piece);
      Piece piece{range, transfer, static_cast<std::uint32_t>(done * unit)};
      piece.range.start += static_cast<std::uint32_t>(done) * step;
      piece.range.count = static_cast<std::uint16_t>(count);
      place(piece, count * unit);
      done += count;
    }
  }
  std::vector<Parcel> take() { return std::move(parcels_); }

 private:
  void place(const Piece& piece, std::size_t bytes) {
    const std::size_t padded = item_head + bytes + bytes % 2;
    const std::size_t request = item_address_bytes + (data_in_request_ ? padded : 0);
    const std::size_t reply = data_in_request_ ? 1 : padded;
    // The last item of a message is not padded.
    const std::size_t slack = bytes % 2;
    const bool fits = !parcels_.empty() && parcels_.back().size() < max_items &&
                      request_used_ + request - (data_in_request_ ? slack : 0) <= request_room_ &&
                      reply_used_ + reply - (data_in_request_ ? 0 : slack) <= reply_room_;
    if (!fits) {
      parcels_.emplace_back().reserve(most_pieces_);
      request_used_ = reply_used_ = 0;
    }
    parcels_.back().push_back(piece);
    request_used_ += request;
    reply_used_ += reply;
  }

  std::size_t most_pieces_;  // in one request
  std::size_t request_room_, reply_room_, largest_piece_;
  bool data_in_request_;
  std::size_t request_used_ = 0, reply_used_ = 0;
  std::vector<Parcel> parcels_;
};

std::vector<Parcel> packed(std::span<const Range> ranges, Packer packer) {
  for (std::size_t i = 0; i < ranges.size(); ++i) packer.add(ranges[i], static_cast<std::uint32_t>(i));
  return packer.take();
}

}  // namespace

bool one_read_holds(std::span<const Range> ranges, std::uint16_t pdu) {
  if (ranges.empty() || ranges.size() > max_items ||
      ranges.size() * item_address_bytes > pdu - read_request_head)
    return false;
  std::size_t reply = 0;
  for (const Range& range : ranges) {
    const std::size_t bytes = bytes_of(range);
    reply += item_head + bytes + bytes % 2;
  }
  return reply <= pdu - read_reply_head;
}

std::vector<Parcel> pack_reads(std::span<const Range> ranges, std::uint16_t pdu) {
  const std::size_t reply_room = pdu - read_reply_head;
  return packed(ranges,
                Packer(pdu - read_request_head, reply_room, reply_room - item_head, false, ranges.size()));
}

std::vector<Parcel> pack_writes(std::span<const Range> ranges, std::uint16_t pdu) {
  const std::size_t room = pdu - read_request_head;
  return packed(ranges, Packer(room, pdu - read_reply_head, room - item_address_bytes - item_head, true,
                               ranges.size()));
}

}  // namespace standstill::s7
