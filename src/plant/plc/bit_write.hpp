// Writing one bit without touching its seven neighbours.
//
// A bit write (word length 1) is one request that changes one bit. Only when the PLC refuses that type is the
// byte read, changed and written back, on one connection. Between that reading and that writing, one round
// trip, the PLC's program or somebody else may change a neighbour, and the change is lost. That cannot be
// prevented; it is told, because the byte is read once more right in front of the write and once behind it.
// (A PLC that takes one request at a time leaves a round trip between the former and the write in which
// nobody looks.) A PLC whose neighbours matter must take bit writes, or get a byte of its own for the bit.
#pragma once

#include <functional>

#include "plant/plc/session.hpp"

namespace standstill::plc {

struct BitWritten {
  bool by_whole_byte = false;       // the PLC refused the bit write
  bool neighbours_changed = false;  // seen only with by_whole_byte: somebody else wrote the byte meanwhile,
                                    // and may have lost what he wrote
};

// `address`: a single BOOL. `clock` tells the time of each further step.
void write_bit(Session& session, const s7::Address& address, bool value, const Terms& terms,
               const std::function<Instant()>& clock, Done<BitWritten> done);

}  // namespace standstill::plc
