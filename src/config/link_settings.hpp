// [[link]]. Ranges, units and defaults: docs/configuration.md, written from config/keys_link.cpp.
#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "config/common.hpp"
#include "config/plc_settings.hpp"

namespace standstill::config {

enum class OnGoodbye : std::uint8_t { safe, hold };

struct RocrailLink {
  std::string host;
  std::uint16_t port = 8051;
  OnGoodbye on_goodbye = OnGoodbye::safe;
};

struct Register {
  SourceLocation where;
  std::string name;
  unsigned function = 3;
  std::uint16_t address = 0;
  std::string type;  // "int16", "float32" …
  bool low_word_first = false;
  double scale = 1.0;
  std::string unit;
  std::optional<ValueRange> valid;
  bool counter = false;
};

struct Publish {
  std::string url;
  std::string topic;
  bool home_assistant = false;
  std::string ca_file;  // empty: the system's
  std::string user;
  SecretSource password;
  unsigned buffer_mb = 64;
};

struct ModbusLink {  // devices: RTU; host and port: TCP
  std::vector<std::string> devices;
  unsigned baud = 9600;
  std::string framing = "8N1";
  bool rs485 = false;
  std::string host;
  std::uint16_t port = 502;
  unsigned unit = 1;
  std::string profile;  // empty: registers
  std::vector<Register> registers;
  milliseconds poll{1000};
  milliseconds gap{0};
  unsigned retries = 3;
  milliseconds time_out{500};
  std::size_t at_once = 1;  // of all links behind the same address, the largest
  std::optional<std::uint16_t> probe_register;
  std::optional<Publish> publish;
};

struct S7Tag {
  SourceLocation where;
  std::string name;
  std::string address;  // s7::parse_address() accepts it
  std::string unit;
};

struct Heartbeat {
  SourceLocation where;
  std::string tag;
  milliseconds changes_within{0};
};

// A counter in the PLC that Standstill counts up, so that the PLC's program can tell when it stops.
struct WriteHeartbeat {
  SourceLocation where;
  std::string address;  // s7::parse_address() accepts it, and it is one whole number
  milliseconds every{0};
};

struct S7Link {
  PlcPeer plc;
  milliseconds poll{100};
  std::vector<S7Tag> tags;
  std::optional<Heartbeat> heartbeat;
  std::optional<WriteHeartbeat> write_heartbeat;
  bool allow_write = false;
  bool allow_control = false;
};

struct HwmonLink {  // a sensor chip of this machine
  std::string chip;
  std::string address;  // empty: the only one of that name
  milliseconds poll{1000};
};

// The values of a link of kind loco; plant/engine has the same (supervise/loco_job.cpp).
inline constexpr std::array<std::string_view, 9> engine_values{
    "speed", "pressure", "boiler", "superheater", "logic", "servo", "tripped", "running", "epoch"};

struct LocoLink {  // an engine's telemetry line
  std::string device;
  unsigned baud = 115200;
  milliseconds poll{5000};  // how often it is asked for its state
};

struct Reconnect {
  milliseconds first{2000};
  double factor = 1.5;
  milliseconds longest{60000};
  double jitter = 0.1;
  unsigned max_tries = 0;  // 0: for ever
};

struct Breaker {
  unsigned failures = 10;
  milliseconds open{300000};
};

struct Link {
  SourceLocation where;
  std::string id;
  std::string kind;  // "rocrail", "modbus-rtu", "modbus-tcp", "s7", "hwmon", "loco"
  bool critical = true;
  milliseconds probe{1000};
  milliseconds silence{3000};
  milliseconds connect_timeout{5000};
  Reconnect reconnect;
  Breaker breaker;
  std::variant<RocrailLink, ModbusLink, S7Link, HwmonLink, LocoLink> peer;
};

}  // namespace standstill::config
