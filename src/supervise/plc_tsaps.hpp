// Which access points a configured PLC connection uses.
#pragma once

#include "config/plc_settings.hpp"
#include "wire/s7/frame.hpp"

namespace standstill::supervise {

[[nodiscard]] inline s7::Tsaps tsaps_of(const config::PlcPeer& plc) {
  if (plc.remote_tsap != 0) return {plc.local_tsap, plc.remote_tsap};
  const auto type = plc.connection == "op"      ? s7::ConnectionType::op
                    : plc.connection == "basic" ? s7::ConnectionType::basic
                                                : s7::ConnectionType::pg;
  return {plc.local_tsap, s7::tsaps(type, plc.rack, plc.slot).remote};
}

}  // namespace standstill::supervise
