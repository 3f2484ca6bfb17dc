// Our link against libmodbus as the device: what it answers was decided by its authors, not by our own codec.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <modbus/modbus.h>
#include <pty.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "support/mosquitto.hpp"
#include "unit/supervise/modbus_reading.hpp"

namespace standstill::supervise {
namespace {

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

TEST(ModbusPeers, our_link_reads_a_libmodbus_server_in_the_network) {
  const std::uint16_t port = test::free_port();
  Device device(::modbus_new_tcp("127.0.0.1", port));
  device.serve(true);
  expect_right_values({.port = port});
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
    expect_right_values({.device = name});
  }
  ::close(held);
  ::close(own);
}

}  // namespace
}  // namespace standstill::supervise
