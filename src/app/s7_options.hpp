// The options of `standstill s7 …`, as plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/context.hpp"

namespace standstill::app {

struct S7Options {
  std::string link;  // a configured one; empty: the only one
  std::string host;  // with this, no configuration is needed
  std::uint16_t port = 102;
  unsigned rack = 0;
  unsigned slot = 1;
  std::string connection = "pg";  // or op, basic
  std::uint16_t remote_tsap = 0;  // not 0: instead of connection, rack and slot
  std::uint16_t local_tsap = 0x0100;
  std::string password_file;
  std::string time_out = "5s";  // of one question
  std::uint32_t tries = 1;      // attempts to connect; 0: for ever (log and watch try for ever)

  std::vector<std::string> addresses;
  std::string value;        // write
  std::string every;        // write, log, watch: "10s"; empty: once, or the command's own
  std::uint64_t count = 0;  // rows, writes; 0: until Ctrl-C
  std::string heartbeat;    // log: an address that must keep changing
  std::string block;        // dump: "DB1"
  std::uint32_t from = 0;
  std::uint32_t bytes = 0;  // 0: what the PLC says the block has
};
[[nodiscard]] int s7_read(const Context& context, const S7Options& options);
[[nodiscard]] int s7_write(const Context& context, const S7Options& options);
[[nodiscard]] int s7_write_on(const Context& context, const S7Options& options);  // --every
[[nodiscard]] int s7_watch(const Context& context, const S7Options& options);
[[nodiscard]] int s7_log(const Context& context, const S7Options& options);
[[nodiscard]] int s7_status(const Context& context, const S7Options& options);
[[nodiscard]] int s7_dump(const Context& context, const S7Options& options);

}  // namespace standstill::app
