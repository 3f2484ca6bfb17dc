// Our link against libmodbus as the device: what it answers was decided by its authors, not by our own codec.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <modbus/modbus.h>
#include <pty.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "os/clock.hpp"
#include "supervise/modbus_job.hpp"
#include "support/mosquitto.hpp"

namespace standstill::supervise {
namespace {

using link::Quality;

// Registers 0 to 99 say their own number; there are no others.
class Device {
 public:
  explicit Device(modbus_t* context) : context_(context), map_(::modbus_mapping_new(8, 8, 100, 100)) {
    for (int i = 0; i < 100; ++i) map_->tab_registers[i] = static_cast<std::uint16_t>(i);
    map_->tab_input_bits[2] = 1;
  }
  ~Device() {
    ending_ = true;
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
    if (::modbus_get_socket(context_) >= 0) ::shutdown(::modbus_get_socket(context_), SHUT_RDWR);
    thread_.join();
    if (listener_ >= 0) ::close(listener_);
    ::modbus_free(context_);
    ::modbus_mapping_free(map_);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  void serve(bool network) {
    ::modbus_set_indication_timeout(context_, 0, 200'000);
    if (network) listener_ = ::modbus_tcp_listen(context_, 1);
    thread_ = std::thread([this, network] {
      if (network && ::modbus_tcp_accept(context_, &listener_) < 0) return;
      std::uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
      while (!ending_) {
        const int length = ::modbus_receive(context_, request);
        if (length > 0) ::modbus_reply(context_, request, length, map_);
        if (length < 0 && errno != ETIMEDOUT && errno != EMBBADCRC) ::usleep(1000);
      }
    });
  }
  modbus_t* context_;

 private:
  modbus_mapping_t* map_;
  int listener_ = -1;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

config::Link wanted() {
  config::Link made;
  made.id = "peer";
  made.reconnect.first = std::chrono::milliseconds(100);
  made.reconnect.longest = std::chrono::milliseconds(500);
  made.silence = std::chrono::seconds(30);
  made.probe = std::chrono::seconds(30);
  config::ModbusLink peer;
  peer.time_out = std::chrono::seconds(10);
  peer.poll = std::chrono::milliseconds(50);
  for (const unsigned address : {3U, 5U, 60U, 500U}) {
    config::Register one;
    one.name = "r" + std::to_string(address);
    one.address = static_cast<std::uint16_t>(address);
    one.type = "uint16";
    peer.registers.push_back(one);
  }
  config::Register input;
  input.name = "input-2";
  input.function = 2;
  input.address = 2;
  input.type = "bool";
  peer.registers.push_back(input);
  made.peer = peer;
  return made;
}

void expect_right_values(const config::Link& config) {
  os::Loop loop;
  link::TagTable tags;
  ModbusLines lines;
  const auto ignore = [](auto&&...) {};
  ModbusJob job(loop, config, tags, 1,
                Job::Listener{.changed = ignore, .behind = ignore, .tags = ignore, .said = ignore}, lines,
                {});
  job.begin();
  const auto tag = [&](const std::string& name) { return tags.get(*tags.find("peer." + name)); };
  const Instant end = os::now() + 90s;
  while ((tag("r60").quality != Quality::good || tag("r500").quality != Quality::refused ||
          tag("input-2").quality != Quality::good) &&
         os::now() < end)
    loop.turn(50ms);
  EXPECT_EQ(job.state(), link::State::online) << job.status().last_error;
  for (const int address : {3, 5, 60}) {
    EXPECT_EQ(tag("r" + std::to_string(address)).quality, Quality::good);
    EXPECT_EQ(tag("r" + std::to_string(address)).value, address);
  }
  EXPECT_EQ(tag("input-2").value, 1.0);
  EXPECT_EQ(tag("r500").quality, Quality::refused) << "one refused register costs one value";
  job.close();
}

TEST(ModbusPeers, our_link_reads_a_libmodbus_server_in_the_network) {
  const std::uint16_t port = test::free_port();
  Device device(::modbus_new_tcp("127.0.0.1", port));
  device.serve(true);
  auto config = wanted();
  config.kind = "modbus-tcp";
  std::get<config::ModbusLink>(config.peer).host = "127.0.0.1";
  std::get<config::ModbusLink>(config.peer).port = port;
  expect_right_values(config);
}

TEST(ModbusPeers, our_link_reads_a_libmodbus_server_on_a_line) {
  int own = -1, far = -1;
  char name[64];
  ASSERT_EQ(::openpty(&own, &far, name, nullptr, nullptr), 0);
  const int held = far;  // so that the line outlives our link
  termios raw{};
  ::tcgetattr(held, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(held, TCSANOW, &raw);
  {
    Device device(::modbus_new_rtu(name, 115200, 'N', 8, 1));
    ::modbus_set_slave(device.context_, 1);
    ::modbus_set_socket(device.context_, own);
    device.serve(false);
    auto config = wanted();
    config.kind = "modbus-rtu";
    std::get<config::ModbusLink>(config.peer).devices = {name};
    std::get<config::ModbusLink>(config.peer).baud = 115200;
    expect_right_values(config);
  }
  ::close(held);
  ::close(own);
}

}  // namespace
}  // namespace standstill::supervise
