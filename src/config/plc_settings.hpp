// How an S7 PLC is reached: by a link, or by an output.
#pragma once

#include <cstdint>
#include <string>

#include "config/common.hpp"

namespace standstill::config {

struct PlcPeer {
  std::string host;
  std::uint16_t port = 102;
  unsigned rack = 0;
  unsigned slot = 1;
  std::string connection = "pg";  // "pg", "op" or "basic"
  std::uint16_t local_tsap = 0x0100;
  std::uint16_t remote_tsap = 0;  // 0: made of connection, rack and slot
  SecretSource password;          // of the session; at most 8 characters
};

}  // namespace standstill::config
