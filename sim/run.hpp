// The simulated peers as programs in the foreground: `standstill sim rocrail`, `sim relay`, `sim plc`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace standstill::sim {

struct RunRocrail {
  std::string plan;  // a plan file; empty: the built-in demonstration layout
  std::string address = "127.0.0.1";
  std::uint16_t port = 8051;    // 0: a free one
  std::string control;          // path of the control socket; empty: none
  std::string flavour = "2.0";  // or "2.1"
  std::uint32_t reader_sleep_ms = 0;
  bool split = false;
  bool console = false;
  int clock_divider = 10;
  std::uint32_t tick_ms = 100;
  std::uint32_t seed = 1;
  bool running = false;  // trains under way from the start
};

struct RunRelay {
  bool http = false;  // else serial, on a pty
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // of the HTTP relay
  std::string link;        // symbolic link to the pty
  std::string run_line = "RELAY_ON";
  std::string safe_line = "RELAY_OFF";
  std::string reply = "OK";
  int sense_port = -1;  // GET /sense of the serial relay; 0: a free port, -1: none
  std::string control;
};

struct RunPlc {
  std::string file;  // blocks and values (plc_memory.hpp); empty: none
  std::string address = "127.0.0.1";
  std::uint16_t port = 1102;  // 0: a free one
  std::string control;
  std::uint32_t pdu = 480;        // 64 to 960
  std::uint32_t outstanding = 8;  // 1 to 64
  std::uint32_t cycle_ms = 100;   // of its program; 0: it stands still
  std::uint32_t delay_ms = 0;     // until it answers
  std::string password;
};

struct RunMeter {
  bool tcp = false;
  std::string address = "127.0.0.1";
  std::uint16_t port = 502;          // with tcp; 0: a free one
  std::string link;                  // symbolic link to the pty
  std::vector<std::uint16_t> units;  // 1 to 247; empty: 1
  std::string serial = "BX1230045678A";
  std::uint32_t seed = 1;
  std::string control;
};

// Serve until INT, TERM or the control command `quit`; the first line printed says where ("listening on
// ADDRESS:PORT", "pty /dev/pts/N"), each on a line of its own and flushed. Rocrail says goodbye on a signal,
// as the real one does. Returns the exit code: 0, or 2 with the reason on standard error when it could not
// start.
[[nodiscard]] int run_rocrail(const RunRocrail& options);
[[nodiscard]] int run_relay(const RunRelay& options);
[[nodiscard]] int run_plc(const RunPlc& options);
[[nodiscard]] int run_meter(const RunMeter& options);

}  // namespace standstill::sim
