// Modbus against programs that others wrote, both ways. What they send and accept was decided by their
// authors, not by our own codec. ./dev installs them: mbpoll (libmodbus) and python3-pymodbus.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "os/clock.hpp"
#include "supervise/modbus_job.hpp"
#include "support/sim_meter.hpp"

namespace standstill::supervise {
namespace {

using test::SimMeter;

bool installed(const std::string& probe) { return std::system((probe + " >/dev/null 2>&1").c_str()) == 0; }

#define NEEDS(probe, package) \
  if (!installed(probe)) GTEST_SKIP() << package << " is not installed"

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), count);
  text += "exit " + std::to_string(WEXITSTATUS(::pclose(pipe)));
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string python = "timeout 120 /usr/bin/python3 " TEST_DATA "/meter/";
const std::string mbpoll = "timeout 60 mbpoll -0 -1 -o 10 -a 1 ";

TEST(ModbusPeers, mbpoll_reads_and_writes_our_meter_in_the_network) {
  NEEDS("command -v mbpoll", "mbpoll");
  SimMeter meter({.tcp = true});
  const std::string to = " -m tcp -p " + std::to_string(meter.port()) + " 127.0.0.1";
  const std::string code = output_of(mbpoll + "-t 4 -r 11 -c 1" + to);
  EXPECT_TRUE(has(code, "[11]: \t341")) << code;
  const std::string written = output_of(mbpoll + "-t 4 -r 4096" + to + " 17 18");
  EXPECT_TRUE(has(written, "Written 2 references")) << written;
  const std::string back = output_of(mbpoll + "-t 4 -r 4096 -c 2" + to);
  EXPECT_TRUE(has(back, "[4096]: \t17") && has(back, "[4097]: \t18")) << back;
  const std::string refused = output_of(mbpoll + "-t 4 -r 12288 -c 1" + to);
  EXPECT_TRUE(has(refused, "Illegal data address")) << refused;
}

TEST(ModbusPeers, mbpoll_reads_our_meter_on_a_line) {
  NEEDS("command -v mbpoll", "mbpoll");
  SimMeter meter({});
  const std::string code = output_of(mbpoll + "-t 4 -r 11 -c 1 -m rtu -b 9600 -P none " + meter.device());
  EXPECT_TRUE(has(code, "[11]: \t341")) << code;
}

void expect_every_function(const std::string& said) {
  for (const char* line :
       {"write_register ok", "mask ok", "masked ok [23]", "write_registers ok", "written ok [7, 8, 9]",
        "both ok [7, 42]", "write_coil ok", "write_coils ok", "coils [1, 0, 0, 1, 0, 1]", "inputs [1, 0, 1]",
        "input_registers ok [7]", "code ok [341]", "refused 2", "named Standstill", "exit 0"})
    EXPECT_TRUE(has(said, line)) << line << " is not in:\n" << said;
}

TEST(ModbusPeers, pymodbus_uses_every_function_of_our_meter_in_the_network) {
  NEEDS("/usr/bin/python3 -c 'import pymodbus.client'", "python3-pymodbus");
  SimMeter meter({.tcp = true});
  expect_every_function(output_of(python + "pymodbus_client.py tcp " + std::to_string(meter.port())));
}

TEST(ModbusPeers, pymodbus_uses_every_function_of_our_meter_on_a_line) {
  NEEDS("/usr/bin/python3 -c 'import pymodbus.client'", "python3-pymodbus");
  SimMeter meter({});
  expect_every_function(output_of(python + "pymodbus_client.py rtu " + meter.device()));
}

TEST(ModbusPeers, our_link_reads_a_pymodbus_server) {
  NEEDS("/usr/bin/python3 -c 'import pymodbus.client'", "python3-pymodbus");
  std::array<int, 2> out{};
  ASSERT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
  const pid_t server = ::fork();
  if (server == 0) {
    ::dup2(out[1], 1);
    ::execl("/usr/bin/python3", "python3", TEST_DATA "/meter/pymodbus_server.py", nullptr);
    ::_exit(127);
  }
  ::close(out[1]);
  FILE* said = ::fdopen(out[0], "r");
  unsigned port = 0;
  ASSERT_EQ(std::fscanf(said, "%u", &port), 1);

  os::Loop loop;
  link::TagTable tags;
  ModbusLines lines;
  config::Link config;
  config.id = "peer";
  config.kind = "modbus-tcp";
  config.reconnect.first = std::chrono::milliseconds(100);
  config.reconnect.longest = std::chrono::milliseconds(500);
  config.silence = std::chrono::seconds(30);
  config.probe = std::chrono::seconds(30);
  config::ModbusLink peer;
  peer.host = "127.0.0.1";
  peer.port = static_cast<std::uint16_t>(port);
  peer.time_out = std::chrono::seconds(10);
  peer.poll = std::chrono::milliseconds(100);
  for (const unsigned address : {3U, 5U, 60U}) {
    config::Register one;
    one.name = "r" + std::to_string(address);
    one.address = static_cast<std::uint16_t>(address);
    one.type = "uint16";
    peer.registers.push_back(one);
  }
  config::Register beyond;
  beyond.name = "beyond";
  beyond.address = 500;
  beyond.type = "uint16";
  peer.registers.push_back(beyond);
  config.peer = peer;
  const auto ignore = [](auto&&...) {};
  ModbusJob job(loop, config, tags, 1,
                Job::Listener{.changed = ignore, .behind = ignore, .tags = ignore, .said = ignore}, lines,
                {});
  job.begin();
  const auto quality = [&](const char* name) { return tags.get(*tags.find(name)).quality; };
  const Instant end = os::now() + 90s;
  while ((quality("peer.r60") != link::Quality::good || quality("peer.beyond") != link::Quality::refused) &&
         os::now() < end)
    loop.turn(50ms);
  EXPECT_EQ(job.state(), link::State::online) << job.status().last_error;
  for (const unsigned address : {3U, 5U, 60U})
    EXPECT_EQ(tags.get(*tags.find("peer.r" + std::to_string(address))).value, address);
  EXPECT_EQ(quality("peer.beyond"), link::Quality::refused);
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  std::fclose(said);
}

}  // namespace
}  // namespace standstill::supervise
