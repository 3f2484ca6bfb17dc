// Every command of the program, with its options as plain values. Each returns an exit code.
//
// The command line (command_line.cpp) parses into these; nothing below knows how it was typed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/context.hpp"

namespace standstill::app {

struct RunOptions {
  std::string guard_program;  // empty: beside this program
  std::string cutter_program;
};
[[nodiscard]] int run(const Context& context, const RunOptions& options);
[[nodiscard]] int loco(const Context& context);

// The same, for a machine that is a station of the bus and nothing else.
[[nodiscard]] int run_station(const Context& context);

[[nodiscard]] int watchdog(const Context& context);
[[nodiscard]] int check(const Context& context);
[[nodiscard]] int status(const Context& context);
[[nodiscard]] int watch(const Context& context);
[[nodiscard]] int why(const Context& context);
[[nodiscard]] int tags(const Context& context);
[[nodiscard]] int health(const Context& context, bool plant);

struct StopOptions {
  std::string reason = "operator_command";
  std::string description;
  std::vector<std::string> not_understood;  // stops all the same (S9)
};
[[nodiscard]] int stop(const Context& context, const StopOptions& options);
// The same without a word on the terminal: what came of it, a sentence. `from`: who or what stops.
[[nodiscard]] std::string stop_quietly(const Context& context, const std::string& from);

enum class Word : std::uint8_t { ack, reset, start };
struct WordOptions {
  std::optional<std::uint64_t> epoch;
  std::string operator_name;
  std::string token_file;
};
[[nodiscard]] int word(const Context& context, Word word, const WordOptions& options);

struct LogOptions {
  std::string since;
  std::optional<std::uint64_t> epoch;
  std::uint32_t limit = 1000;
  bool follow = false;
};
[[nodiscard]] int log(const Context& context, const LogOptions& options);

[[nodiscard]] int snapshot_list(const Context& context);
[[nodiscard]] int snapshot_show(const Context& context, const std::string& id);
[[nodiscard]] int snapshot_take(const Context& context);
[[nodiscard]] int snapshot_export(const Context& context, const std::string& id, const std::string& target);
[[nodiscard]] int compare(const Context& context, const std::string& snapshot, const std::string& other);
[[nodiscard]] int checklist(const Context& context, const std::string& snapshot);

[[nodiscard]] int alert_list(const Context& context);
[[nodiscard]] int alert_test(const Context& context, const std::string& id);  // "": all

[[nodiscard]] int prooftest(const Context& context, const std::string& output);
[[nodiscard]] int drill(const Context& context, const std::string& link);

[[nodiscard]] int operator_add(const Context& context, const std::string& name, const std::string& role);
[[nodiscard]] int operator_list(const Context& context);
[[nodiscard]] int operator_remove(const Context& context, const std::string& name);

struct RocrailOptions {
  std::string link;  // a configured one; empty: the only one
  std::string host;  // with this, no configuration is needed
  std::uint16_t port = 8051;
  std::vector<std::string> words;  // of the command to send
  std::string kind;                // of the objects to list; empty: all
};
[[nodiscard]] int rocrail_send(const Context& context, const RocrailOptions& options);
[[nodiscard]] int rocrail_follow(const Context& context, const RocrailOptions& options);
[[nodiscard]] int rocrail_plan(const Context& context, const RocrailOptions& options);
[[nodiscard]] int rocrail_list(const Context& context, const RocrailOptions& options);

struct ModbusOptions {
  std::string host;  // or device
  std::uint16_t port = 502;
  std::string device;
  unsigned baud = 9600;
  std::string framing = "8N1";
  unsigned unit = 1;
  unsigned function = 3;
  std::uint16_t address = 0;  // zero-based, as on the wire
  std::uint16_t count = 1;
  unsigned timeout_ms = 500;
  unsigned retries = 2;
  std::vector<unsigned> values;    // to write
  bool coil = false;               // to coils instead of registers
  unsigned first = 1, last = 247;  // of a scan
  unsigned interval_ms = 1000;
  unsigned rounds = 0;  // of watch; 0: until interrupted
};
[[nodiscard]] int modbus_read(const Context& context, const ModbusOptions& options);
[[nodiscard]] int modbus_write(const Context& context, const ModbusOptions& options);
[[nodiscard]] int modbus_scan(const Context& context, const ModbusOptions& options);
[[nodiscard]] int modbus_watch(const Context& context, const ModbusOptions& options);
[[nodiscard]] int meter_show(const Context& context, const std::string& link);
struct MeterPlotOptions {
  std::vector<std::string> tags;  // LINK.NAME; empty: the first value of each Modbus link
  std::string out;                // .svg or .png; empty: the terminal
};
[[nodiscard]] int meter_plot(const Context& context, const MeterPlotOptions& options);

[[nodiscard]] int config_reference(const Context& context);
[[nodiscard]] int config_schema(const Context& context);
[[nodiscard]] int version(const Context& context);

}  // namespace standstill::app
