// [[output]].
#pragma once

#include <variant>

#include "config/common.hpp"
#include "config/plc_settings.hpp"

namespace standstill::config {

enum class Drive : std::uint8_t { push_pull, open_drain, open_source };
enum class Pattern : std::uint8_t { off, on, slow, rapid };  // slow 1 Hz, rapid 5 Hz

struct GpioOutput {
  std::string chip;
  unsigned line = 0;
  Level safe = Level::low;
  Drive drive = Drive::push_pull;
};

struct SerialOutput {
  SerialLine port;
  std::string safe;  // bytes, as they are written
  std::string run;   // empty: start writes nothing
  std::string expect_reply;
  std::string expect_reply_run;  // the same as expect_reply where nothing else was written and run is set
};

struct Request {
  std::string method;
  std::string url;
  std::string body;
  std::string content_type;
};

struct HttpOutput {
  Request safe;
  std::optional<Request> run;
  std::string expect_reply;
  std::string expect_reply_run;
  std::string user;
  SecretSource password;
  SecretSource token;
  milliseconds probe{10000};
};

struct ProgramOutput {
  std::vector<std::string> safe;
  std::vector<std::string> run;  // empty: start calls nothing
};

struct IndicatorOutput {
  std::string chip;
  unsigned line = 0;
  Level active = Level::high;
  Drive drive = Drive::push_pull;
  Pattern running = Pattern::on;
  Pattern ready = Pattern::slow;
  Pattern tripped = Pattern::rapid;
  Pattern acknowledged = Pattern::slow;
};

struct WatchdogOutput {  // a device that resets the machine, or a line kept alive by pulses
  std::string device;
  std::string chip;
  unsigned line = 0;
  milliseconds pulse{10};
  milliseconds expires{5000};

  [[nodiscard]] bool is_device() const { return !device.empty(); }
};

struct GuardBoardOutput {
  SerialLine port;
};

struct ModbusCoilOutput {  // device, or host
  SerialLine port;
  std::string host;
  std::uint16_t tcp_port = 502;
  unsigned unit = 1;
  std::uint16_t address = 0;
  bool safe = false;
  milliseconds probe{10000};
};

struct S7BitOutput {
  PlcPeer plc;
  std::string address;
  bool safe = false;
  milliseconds probe{10000};
};

struct MqttOutput {
  std::string url;
  std::string topic;
  std::string safe;
  std::string run;
  std::string user;
  SecretSource password;
  milliseconds probe{10000};
};

struct GpioReadback {
  std::string chip;
  unsigned line = 0;
  Bias bias = Bias::external;
  Level expect = Level::low;
  bool check_run = false;  // running must then show the opposite of expect
};

struct TagReadback {
  TagReference source;
  std::optional<double> expect;  // exactly one of the two is set
  std::optional<double> below;
  std::optional<double> expect_run;
  std::optional<std::uint16_t> input;  // a modbus-input: the link reads it as this tag, for this purpose
};

// What the tag of a modbus-input is called: "input-7".
[[nodiscard]] inline std::string input_tag(unsigned address) { return "input-" + std::to_string(address); }

struct Readback {
  SourceLocation where;
  milliseconds within{50};
  std::variant<GpioReadback, TagReadback> input;
};

struct Output {
  SourceLocation where;
  std::string id;
  std::string kind;
  milliseconds timeout{0};  // of one attempt; 0 for kinds that answer at once
  std::optional<Readback> readback;
  std::string escalate;  // id of an output; empty: none
  bool commandable = false;
  unsigned prooftest_days = 180;
  std::variant<GpioOutput, SerialOutput, HttpOutput, ProgramOutput, IndicatorOutput, WatchdogOutput,
               GuardBoardOutput, ModbusCoilOutput, S7BitOutput, MqttOutput>
      device;

  // A lamp or siren follows the state, and a watchdog device only waits for this machine to stand still:
  // neither is made safe by a trip.
  [[nodiscard]] bool is_safety() const {
    const auto* watchdog = std::get_if<WatchdogOutput>(&device);
    return !std::holds_alternative<IndicatorOutput>(device) &&
           (watchdog == nullptr || !watchdog->is_device());
  }
};

}  // namespace standstill::config
