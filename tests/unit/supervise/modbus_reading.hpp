// Our link reads a device that others wrote. It has registers that hold their own address, none at 500, and
// its input 2 is on.
#pragma once

#include <gtest/gtest.h>

#include "os/clock.hpp"
#include "supervise/modbus_job.hpp"

namespace standstill::supervise {

struct Foreign {
  std::string device = {};  // or
  std::uint16_t port = 0;   // of loopback
};

inline config::Link link_to(const Foreign& peer) {
  config::Link made;
  made.id = "peer";
  made.kind = peer.device.empty() ? "modbus-tcp" : "modbus-rtu";
  made.reconnect.first = std::chrono::milliseconds(100);
  made.reconnect.longest = std::chrono::milliseconds(500);
  made.silence = std::chrono::seconds(30);
  made.probe = std::chrono::seconds(30);
  config::ModbusLink link;
  link.time_out = std::chrono::seconds(10);
  link.poll = std::chrono::milliseconds(50);
  if (peer.device.empty()) {
    link.host = "127.0.0.1";
    link.port = peer.port;
  } else {
    link.devices = {peer.device};
    link.baud = 115200;
  }
  for (const unsigned address : {3U, 5U, 60U, 500U}) {
    config::Register one;
    one.name = "r" + std::to_string(address);
    one.address = static_cast<std::uint16_t>(address);
    one.type = "uint16";
    link.registers.push_back(one);
  }
  config::Register input;
  input.name = "input-2";
  input.function = 2;
  input.address = 2;
  input.type = "bool";
  link.registers.push_back(input);
  made.peer = link;
  return made;
}

inline void expect_right_values(const Foreign& peer) {
  using link::Quality;
  os::Loop loop;
  link::TagTable tags;
  ModbusLines lines;
  const auto ignore = [](auto&&...) {};
  ModbusJob job(loop, link_to(peer), tags, 1,
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

}  // namespace standstill::supervise
