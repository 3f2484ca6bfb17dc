// Modbus against programs that others wrote, both ways. What they send and accept was decided by their
// authors, not by our own codec. ./dev installs them: mbpoll (libmodbus), python3-pymodbus, and npm's
// modbus-serial.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/null_modem.hpp"
#include "support/places.hpp"
#include "support/sim_meter.hpp"
#include "unit/supervise/modbus_reading.hpp"

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

const std::string python = "timeout 120 /usr/bin/python3 " + test::test_data() + "/meter/";
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

void expect_all_but_22_and_23(const std::string& said) {
  for (const char* line :
       {"write_register ok", "write_registers ok", "written ok [7, 8, 9]", "write_coil ok", "write_coils ok",
        "coils [1, 0, 0, 1, 0, 1]", "inputs [1, 0, 1]", "input_registers ok [7]", "code ok [341]",
        "refused 2", "named Standstill", "exit 0"})
    EXPECT_TRUE(has(said, line)) << line << " is not in:\n" << said;
}
void expect_every_function(const std::string& said) {
  expect_all_but_22_and_23(said);
  for (const char* line : {"mask ok", "masked ok [23]", "both ok [7, 42]"})
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

// A server of others as a process of ours: it says where it listens, and is ended with its owner.
class Server {
 public:
  explicit Server(const std::string& command) {
    std::array<int, 2> out{}, in{};
    EXPECT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(in.data(), O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(in[0], 0);
      ::execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(in[0]);
    input_ = in[1];
    said_ = ::fdopen(out[0], "r");
    std::array<char, 80> line{};
    if (std::fgets(line.data(), line.size(), said_) != nullptr) first_line_ = line.data();
  }
  ~Server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(input_);
    std::fclose(said_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  [[nodiscard]] const std::string& first_line() const { return first_line_; }
  [[nodiscard]] std::uint16_t port() const {
    const auto digits = first_line_.find_first_of("0123456789");
    return static_cast<std::uint16_t>(digits == std::string::npos ? 0
                                                                  : std::stoul(first_line_.substr(digits)));
  }

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  FILE* said_ = nullptr;
  std::string first_line_;
};

TEST(ModbusPeers, our_link_reads_a_pymodbus_server) {
  NEEDS("/usr/bin/python3 -c 'import pymodbus.client'", "python3-pymodbus");
  const Server server("/usr/bin/python3 " + test::test_data() + "/meter/pymodbus_server.py");
  ASSERT_NE(server.port(), 0) << server.first_line();
  expect_right_values({.port = server.port()});
}

// npm's modbus-serial, which ./dev installs (tests/peers/modbus).
const std::string modules = test::source_folder() + "/build/peers/modbus/node_modules";
std::string node(const std::string& script) {
  return "env NODE_PATH=" + modules + " node " + test::source_folder() + "/tests/peers/modbus/" + script;
}
#define NEEDS_MODBUS_SERIAL NEEDS("test -d " + modules + "/modbus-serial && command -v node", "modbus-serial")

TEST(ModbusPeers, modbus_serial_uses_every_function_of_our_meter_in_the_network) {
  NEEDS_MODBUS_SERIAL;
  SimMeter meter({.tcp = true});
  expect_every_function(output_of("timeout 120 " + node("client.js tcp " + std::to_string(meter.port()))));
}

TEST(ModbusPeers, modbus_serial_uses_every_function_of_our_meter_on_a_line) {
  NEEDS_MODBUS_SERIAL;
  SimMeter meter({});
  expect_all_but_22_and_23(output_of("timeout 120 " + node("client.js rtu " + meter.device())));
}

TEST(ModbusPeers, our_link_reads_a_modbus_serial_server_in_the_network) {
  NEEDS_MODBUS_SERIAL;
  const Server server(node("server.js tcp"));
  ASSERT_NE(server.port(), 0) << server.first_line();
  expect_right_values({.port = server.port()});
}

TEST(ModbusPeers, our_link_reads_a_modbus_serial_server_on_a_line) {
  NEEDS_MODBUS_SERIAL;
  const test::NullModem cable;
  const Server server(node("server.js rtu " + cable.one()));
  ASSERT_EQ(server.first_line(), "ready\n");
  expect_right_values({.device = cable.other()});
}

}  // namespace
}  // namespace standstill::supervise
