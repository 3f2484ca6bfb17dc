// Bytes as the MODBUS Application Protocol Specification V1.1b3 has them (6.5, "Write Single Coil": coil 173
// on is 05 00 AC FF 00), in the envelope of the Modbus Messaging on TCP/IP Implementation Guide V1.0b, and,
// for a line, with the CRC of a published example (unit 17: 11 05 00 AC FF 00 4E 8B).
#include "output/peer/coil_output.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "os/clock.hpp"

namespace standstill::output {
namespace {

using Bytes = std::vector<std::uint8_t>;
const Abort goes_on = [] { return false; };

// A device in the network: one connection after the other, every request noted without its number.
class Device {
 public:
  Device() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 4);
    socklen_t length = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Device() {
    ending_ = true;
    thread_.join();
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  std::vector<Bytes> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  std::uint16_t port = 0;
  std::atomic<bool> silent = false, refuses = false, drop = false;

 private:
  void serve() {
    os::Fd client;
    while (!ending_) {
      pollfd ask{client ? client.get() : listener_.get(), POLLIN, 0};
      if (drop.exchange(false)) client.reset();
      if (::poll(&ask, 1, 10) <= 0) continue;
      if (!client) {
        client = os::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        continue;
      }
      std::uint8_t frame[12];
      const ssize_t count = ::recv(client.get(), frame, sizeof frame, MSG_WAITALL);
      if (count != sizeof frame) {
        client.reset();
        continue;
      }
      {
        const std::lock_guard lock(mutex_);
        heard_.emplace_back(frame + 2, frame + 12);
      }
      if (silent) continue;
      Bytes answer(frame, frame + 12);
      if (refuses) {
        answer = {frame[0], frame[1], 0, 0, 0, 3, frame[6], static_cast<std::uint8_t>(frame[7] | 0x80), 2};
      } else if (frame[7] == 1) {
        answer = {frame[0], frame[1], 0, 0, 0, 4, frame[6], 1, 1, 1};
      }
      [[maybe_unused]] const auto sent = ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  os::Fd listener_;
  std::mutex mutex_;
  std::vector<Bytes> heard_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

plan::Output on_network(std::uint16_t port) {
  plan::Output made;
  made.name = "pump";
  made.kind = plan::OutputKind::modbus_coil;
  made.host = "127.0.0.1";
  made.port = port;
  made.unit = 17;
  made.coil = 0xAC;  // coil 173, counted from 1
  made.timeout_ms = 20000;
  return made;
}

const Bytes coil_on{0, 0, 0, 6, 17, 5, 0x00, 0xAC, 0xFF, 0x00};
const Bytes coil_off{0, 0, 0, 6, 17, 5, 0x00, 0xAC, 0x00, 0x00};

TEST(CoilOutput, run_and_safe_are_the_frames_of_the_specification) {
  Device device;
  const auto output = on_network(device.port);
  CoilOutput coil(output);
  ASSERT_TRUE(coil.apply(true, goes_on).good);
  const auto safe = coil.apply(false, goes_on);
  ASSERT_TRUE(safe.good) << safe.trouble.view();
  EXPECT_NE(safe.commanded, Instant{});
  EXPECT_EQ(device.heard(), (std::vector<Bytes>{coil_on, coil_off}));
}

TEST(CoilOutput, S4_a_coil_that_is_on_when_safe_is_the_other_way_round) {
  Device device;
  auto output = on_network(device.port);
  output.safe_on = 1;
  CoilOutput coil(output);
  ASSERT_TRUE(coil.apply(false, goes_on).good);
  EXPECT_EQ(device.heard(), (std::vector<Bytes>{coil_on}));
}

TEST(CoilOutput, a_probe_reads_the_coil_and_commands_nothing) {
  Device device;
  const auto output = on_network(device.port);
  CoilOutput coil(output);
  const auto probe = coil.probe();
  EXPECT_TRUE(probe.good) << probe.trouble.view();
  EXPECT_EQ(probe.commanded, Instant{});
  EXPECT_EQ(device.heard(), (std::vector<Bytes>{{0, 0, 0, 6, 17, 1, 0x00, 0xAC, 0x00, 0x01}}));
}

TEST(CoilOutput, S12_no_answer_is_no_confirmation_and_run_is_not_repeated) {
  Device device;
  device.silent = true;
  auto output = on_network(device.port);
  output.timeout_ms = 400;
  CoilOutput coil(output);
  const auto run = coil.apply(true, goes_on);
  EXPECT_FALSE(run.good);
  EXPECT_NE(run.commanded, Instant{}) << "it may have been heard";
  EXPECT_NE(std::string(run.trouble.view()).find("no answer in time"), std::string::npos)
      << run.trouble.view();
  EXPECT_EQ(device.heard(), (std::vector<Bytes>{coil_on}));
}

TEST(CoilOutput, S1_a_cut_does_not_wait_for_the_answer_to_the_run_before_it) {
  Device device;
  device.silent = true;
  const auto output = on_network(device.port);  // 20 s for an answer
  CoilOutput coil(output);
  std::atomic<bool> cut = false;
  std::thread soon([&] {
    while (device.heard().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    cut = true;
  });
  const Instant begun = os::now();
  EXPECT_FALSE(coil.apply(true, [&] { return cut.load(); }).good);
  soon.join();
  device.silent = false;
  EXPECT_TRUE(coil.apply(false, goes_on).good);
  EXPECT_LT(os::now() - begun, 9s) << "half of the time-out that the unanswered run still has";
  EXPECT_EQ(device.heard(), (std::vector<Bytes>{coil_on, coil_off}));
}

TEST(CoilOutput, a_refusal_is_named) {
  Device device;
  device.refuses = true;
  const auto output = on_network(device.port);
  CoilOutput coil(output);
  const auto safe = coil.apply(false, goes_on);
  EXPECT_FALSE(safe.good);
  EXPECT_NE(std::string(safe.trouble.view()).find("illegal address"), std::string::npos)
      << safe.trouble.view();
}

TEST(CoilOutput, a_connection_that_ended_while_idle_is_made_anew_for_the_cut) {
  Device device;
  const auto output = on_network(device.port);
  CoilOutput coil(output);
  ASSERT_TRUE(coil.apply(true, goes_on).good);
  device.drop = true;
  while (device.drop) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  ASSERT_TRUE(coil.apply(false, goes_on).good);
  EXPECT_EQ(device.heard().back(), coil_off);
}

TEST(CoilOutput, nobody_there_is_said_with_the_address) {
  std::uint16_t port = 0;
  {
    Device device;
    port = device.port;
  }
  const auto output = on_network(port);
  CoilOutput coil(output);
  const auto probe = coil.probe();
  EXPECT_FALSE(probe.good);
  EXPECT_TRUE(std::string(probe.trouble.view()).starts_with("127.0.0.1:" + std::to_string(port)))
      << probe.trouble.view();
}

// The far end of a pty as a device on a line, which repeats every command.
TEST(CoilOutput, two_coils_of_a_line_take_turns_on_one_descriptor) {
  const Bytes expected{0x11, 0x05, 0x00, 0xAC, 0xFF, 0x00, 0x4E, 0x8B};
  int own = -1, far = -1;
  char name[64];
  ASSERT_EQ(::openpty(&own, &far, name, nullptr, nullptr), 0);
  const os::Fd device(own), held(far);
  plan::Output one;
  one.name = "one";
  one.kind = plan::OutputKind::modbus_coil;
  one.device.assign(name);
  one.baud = 115200;
  one.unit = 17;
  one.coil = 0xAC;
  one.timeout_ms = 20000;
  plan::Output two = one;
  two.name = "two";
  two.coil = 0xAD;
  CoilOutput first(one), second(two);
  std::vector<Bytes> heard;
  std::atomic<bool> ending = false;
  std::thread line([&] {
    Bytes frame;
    while (!ending) {
      pollfd ask{device.get(), POLLIN, 0};
      std::uint8_t byte = 0;
      if (::poll(&ask, 1, 10) <= 0 || ::read(device.get(), &byte, 1) != 1) continue;
      frame.push_back(byte);
      if (frame.size() < 8) continue;
      heard.push_back(frame);
      [[maybe_unused]] const auto sent = ::write(device.get(), frame.data(), frame.size());
      frame.clear();
    }
  });
  Outcome other;
  std::thread beside([&] { other = second.apply(true, goes_on); });
  const auto outcome = first.apply(true, goes_on);
  beside.join();
  EXPECT_TRUE(first.shareable_fd() >= 0 && first.shareable_fd() == second.shareable_fd())
      << "one device, open once";
  ending = true;
  line.join();
  EXPECT_TRUE(outcome.good) << outcome.trouble.view();
  EXPECT_TRUE(other.good) << other.trouble.view();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(std::ranges::count(heard, expected), 1);
}

}  // namespace
}  // namespace standstill::output
