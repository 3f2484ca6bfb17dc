// The plan: the compiled, checksummed configuration that the guard and the cutters can read without a parser.
//
// A flat value in the byte order of the machine that made it (it never leaves that machine). The supervisor
// compiles it from TOML into state_dir/plan; the guard loads it at boot, before any supervisor exists. The
// hash in every permit proves that both mean the same plan. All durations in milliseconds.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "kernel/cause.hpp"
#include "kernel/text.hpp"
#include "kernel/time.hpp"

namespace standstill::plan {

inline constexpr std::uint32_t magic = 0x4E4C5053;  // "SPLN"
inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t max_sources = 128;  // links, watches, outputs and the guard's own
inline constexpr std::size_t max_outputs = 32;
inline constexpr std::size_t max_stages = 16;
inline constexpr std::size_t max_demands = 16;
inline constexpr std::uint8_t no_index = 255;

using Path = FixedText<128>;
using Bytes = FixedText<64>;              // a serial relay's words; no NUL in them
using Request = FixedText<512>;           // a whole HTTP request, ready to send
using Arguments = std::array<char, 512>;  // argv, each NUL-terminated, ends with an empty one

enum class SourceKind : std::uint8_t { internal, link, watch, demand, output };

struct Source {
  SourceName name;
  SourceKind kind = SourceKind::internal;
};

// The guard's own sources come first, always in this order.
enum InternalSource : std::uint8_t {
  guard_source,
  supervisor_source,
  cutter1_source,
  cutter2_source,
  operator_source,
  internal_sources
};

// `pulse` is a line kept alive by pulses, `watchdog` a device that resets the machine.
enum class OutputKind : std::uint8_t {
  gpio,
  serial,
  http,
  program,
  indicator,
  pulse,
  watchdog,
  s7_bit,
  modbus_coil,
  mqtt,
  guard_board,  // the external guard
  last = guard_board
};
// How an indicator looks: slow is 1 Hz, rapid 5 Hz.
enum class Pattern : std::uint8_t { off, on, slow, rapid };

enum class ReadbackKind : std::uint8_t { none, gpio, tag };

struct GpioLine {
  Path chip;  // path or label
  std::uint32_t line = 0;
  std::uint8_t bias = 0;   // inputs: 0 as is, 1 pull-up, 2 pull-down, 3 disabled
  std::uint8_t drive = 0;  // outputs: 0 push-pull, 1 open drain, 2 open source
};

struct Readback {
  ReadbackKind kind = ReadbackKind::none;
  GpioLine gpio;
  std::uint8_t expect_high = 0;  // gpio: the level that proves safe
  std::uint8_t expect_run = 0;   // 1: the opposite is expected while running
  std::uint32_t within_ms = 50;
};

// A bit of a Siemens S7 PLC, and how to reach its CPU (wire/s7 names the fields).
struct PlcBit {
  std::uint16_t local_tsap = 0x0100, remote_tsap = 0x0101;
  FixedText<9> password;  // at most 8 characters; empty: none
  std::uint8_t area = 0x84;
  std::uint16_t db = 0;
  std::uint32_t byte = 0;
  std::uint8_t bit = 0;   // 0 to 7
  std::uint8_t safe = 0;  // the value that is safe: 0 or 1; run is the other one
};

struct Output {
  SourceName name;
  OutputKind kind = OutputKind::gpio;
  std::uint8_t source = no_index;    // index of its source
  std::uint8_t escalate = no_index;  // output to cut when this one is not confirmed
  std::uint8_t commandable = 0;
  std::uint32_t at_ms = 0;         // after the trip
  std::uint32_t timeout_ms = 500;  // for one command of a slow output; of an external guard's permit
  Readback readback;
  // gpio, indicator
  GpioLine gpio;
  std::uint8_t safe_high = 0;  // physical level of the pin that is safe (indicator: level that is dark)
  std::array<Pattern, 4> patterns{Pattern::on, Pattern::slow, Pattern::rapid,
                                  Pattern::slow};  // running, ready, tripped, acknowledged
  // pulse
  std::uint32_t pulse_ms = 10;  // half period
  // watchdog
  std::uint32_t expires_ms = 5000;
  // serial, watchdog, guard_board
  Path device;
  // serial, guard_board
  std::uint32_t baud = 9600;
  FixedText<4> framing = "8N1";
  Bytes safe_bytes, run_bytes;
  Bytes reply, reply_run;  // serial, http: text that confirms; empty: none is expected
  // http, s7-bit, mqtt, modbus-coil (no host: device)
  FixedText<128> host;
  std::uint16_t port = 80;
  std::uint32_t probe_ms = 10000;  // how often to look whether it can be reached
  // http, mqtt
  Request safe_request, run_request;
  // modbus-coil
  std::uint8_t unit = 1;
  std::uint8_t safe_on = 0;  // 1: the coil is on when safe
  std::uint16_t coil = 0;
  // mqtt
  FixedText<128> topic;
  FixedText<64> user;
  FixedText<128> password;
  // program
  Arguments safe_argv{}, run_argv{};
  // s7-bit
  PlcBit plc;
};

// A GPIO line, requested by the guard.
[[nodiscard]] constexpr bool is_line(OutputKind kind) {
  return kind == OutputKind::gpio || kind == OutputKind::indicator || kind == OutputKind::pulse;
}
// A line that guard and cutters share: any of them drives it to its safe level.
[[nodiscard]] constexpr bool is_cut_line(OutputKind kind) {
  return kind == OutputKind::gpio || kind == OutputKind::pulse;
}
// A cutter's alone, served from a thread of its own.
[[nodiscard]] constexpr bool is_slow(OutputKind kind) {
  return !is_line(kind) && kind != OutputKind::watchdog && kind != OutputKind::guard_board;
}
// It becomes safe when it is cut. A lamp only follows, and a watchdog device only waits.
[[nodiscard]] constexpr bool secures(OutputKind kind) {
  return kind != OutputKind::indicator && kind != OutputKind::watchdog;
}

struct Stage {
  std::uint32_t at_ms = 0;
  std::uint8_t output = no_index;  // which output goes safe here, or
  std::uint8_t send = 0;           // 1: the supervisor sends something to a link
  std::uint8_t link_source = no_index;
};

struct Demand {
  std::uint8_t source = no_index;
  GpioLine a, b;
  std::uint8_t two_channels = 0;
  std::uint8_t closed_high = 0;  // level while the contact is closed
  std::uint32_t discrepancy_ms = 50;
  std::uint32_t lock_out_ms = 50;
};

struct Plan {
  std::uint32_t magic_number = magic;
  std::uint32_t format = version;
  std::uint32_t size = 0;
  std::uint32_t crc = 0;  // CRC-32 (IEEE 802.3) of the whole with this field zero
  FixedText<64> site;
  std::uint32_t permit_timeout_ms = 500;
  std::uint32_t settle_ms = 2000;
  std::uint32_t heartbeat_timeout_ms = 100;
  std::uint8_t source_count = 0, output_count = 0, stage_count = 0, demand_count = 0;
  std::array<Source, max_sources> sources{};
  std::array<Output, max_outputs> outputs{};
  std::array<Stage, max_stages> stages{};
  std::array<Demand, max_demands> demands{};
};

// Fills size and crc.
void seal(Plan& plan);

// FNV-1a (64 bit) of the sealed bytes; what a permit carries.
[[nodiscard]] std::uint64_t hash(const Plan& plan);

// Checks magic, format, size, checksum and every index and count; the text says which was wrong.
[[nodiscard]] std::expected<void, std::string> verify(const Plan& plan);

// Reads state_dir/plan. The text names the file and what to do.
[[nodiscard]] std::expected<void, std::string> load(const char* path, Plan& into);

// Writes whole or not at all: temporary file, fsync, rename, fsync of the folder.
[[nodiscard]] std::expected<void, std::string> store(const char* path, const Plan& plan);

// CRC-32 (IEEE 802.3, reflected), also used by the latch record. `seed` chains calls.
[[nodiscard]] std::uint32_t crc32(const void* bytes, std::size_t count, std::uint32_t seed = 0);

}  // namespace standstill::plan
