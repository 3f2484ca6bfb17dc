// What a simulated PLC holds: data blocks, inputs, outputs, flags, counters, timers; and its small program.
//
// A fresh one has DB1 (1024 bytes): DBD0 DINT counts up, DBD8 REAL is a sine of ±100 with a period of 10 s,
// DBX12.0 changes every second; DB2 (256 bytes): DBB0 STRING[20]; DB10 (65536 bytes) is free. All areas are
// there. A file adds blocks and values:
//   {"blocks": {"3": 512}, "values": {"DB3.DBW0:INT": "-5", "M10.2": "true"}}
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "kernel/time.hpp"
#include "wire/s7/message.hpp"
#include "wire/s7/value.hpp"

namespace standstill::sim {

class PlcMemory {
 public:
  PlcMemory();

  // Blocks and values from the text of a file; the error says which of them is wrong.
  [[nodiscard]] std::expected<void, std::string> load(std::string_view json);

  // As a CPU answers one item of a request. The data are valid until the next call.
  [[nodiscard]] s7::ItemReply read(const s7::Range& range);
  [[nodiscard]] s7::ItemCode write(const s7::Range& range, s7::View data);

  [[nodiscard]] std::expected<std::string, std::string> get(std::string_view address);
  [[nodiscard]] std::expected<void, std::string> set(std::string_view address, std::string_view value);

  // One cycle of the program: the counter goes up by one, the others follow the time since the start.
  void cycle(Duration since_start);
  void restart();  // flags and the counter begin anew; blocks keep what they hold
  [[nodiscard]] const std::map<std::uint16_t, s7::Bytes>& blocks() const { return blocks_; }

 private:
  [[nodiscard]] s7::Bytes* area(const s7::Range& range);
  void put_into_db1(std::string_view address, const s7::Scalar& value);

  std::map<std::uint16_t, s7::Bytes> blocks_;
  s7::Bytes inputs_, outputs_, flags_, counters_, timers_;
  s7::Bytes answer_;
};

}  // namespace standstill::sim
