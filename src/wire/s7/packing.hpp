// Transfers of any size ⇄ requests that fit into a PDU.
//
// What is longer than a PDU is cut; what is short shares one. At most 20 items a request, fewer where the
// addresses alone fill it (19 at a PDU of 240). One element of a type is never cut: each value is whole, an
// array or a text of several PDUs may be torn by the PLC's program between them.
#pragma once

#include <vector>

#include "wire/s7/message.hpp"

namespace standstill::s7 {

struct Piece {
  Range range;
  std::uint32_t transfer = 0;  // index of the range it is a piece of
  std::uint32_t offset = 0;    // in bytes, within that one
};
using Parcel = std::vector<Piece>;  // one request

// Whether one request asks for all of them, and its answer holds them.
[[nodiscard]] bool one_read_holds(std::span<const Range> ranges, std::uint16_t pdu);
// `pdu` at least smallest_pdu. Bytes of one item that fit: PDU - 18 when read, PDU - 28 when written.
[[nodiscard]] std::vector<Parcel> pack_reads(std::span<const Range> ranges, std::uint16_t pdu);
[[nodiscard]] std::vector<Parcel> pack_writes(std::span<const Range> ranges, std::uint16_t pdu);

}  // namespace standstill::s7
