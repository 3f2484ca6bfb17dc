// Writing one bit without touching its seven neighbours.
//
// A bit write (word length 1) is one request that changes one bit. Only when the PLC refuses that type is the
// byte read, changed and written back. Between that reading and that writing, one round trip, the PLC's
// program or somebody else may change a neighbour, and the change is lost: afterwards the byte is read once
// more, and what differs from what was meant is told, but it cannot be prevented. A PLC whose neighbours
// matter must take bit writes, or get a byte of its own for the bit.
#pragma once

#include <functional>

#include "plant/plc/session.hpp"

namespace standstill::plc {

struct BitWritten {
  bool by_whole_byte = false;       // the PLC refused the bit write
  bool neighbours_changed = false;  // seen only with by_whole_byte: somebody else wrote the byte meanwhile
};

// `address`: a single BOOL. `clock` tells the time of each further step.
void write_bit(Session& session, const s7::Address& address, bool value, const Terms& terms,
               const std::function<Instant()>& clock, Done<BitWritten> done);

}  // namespace standstill::plc
