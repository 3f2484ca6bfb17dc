// One connection of the simulated Rocrail server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "os/fd.hpp"
#include "os/loop.hpp"
#include "sim/rocrail_frame.hpp"

namespace standstill::sim {

class RocrailClient {
 public:
  struct Settings {
    Duration reader_sleep{};             // a 2014 server sleeps 1 s before it reads a client's first command
    bool split_writes = false;           // header and body in two writes, so mostly in two TCP segments
    std::uint32_t bytes_per_second = 0;  // 0: as fast as the client reads
  };
  struct Calls {
    std::function<void(const std::string& body)> command;
    std::function<void()> ended;  // may destroy the client
  };

  RocrailClient(os::Loop& loop, os::Fd socket, std::string name, Settings settings, Calls calls);
  RocrailClient(const RocrailClient&) = delete;
  RocrailClient& operator=(const RocrailClient&) = delete;

  void send(const std::string& element);
  void send_raw(std::string_view bytes);
  void freeze(bool on);  // neither reads nor writes; TCP stays up
  void forget();         // for ever: the half-open connection
  void slow(std::uint32_t bytes_per_second) { settings_.bytes_per_second = bytes_per_second; }
  void reset();                                                    // ends with RST; call ended() yourself
  [[nodiscard]] const std::string& name() const { return name_; }  // as the server's reports spell it
  [[nodiscard]] bool forgotten() const { return forgotten_; }
  [[nodiscard]] std::size_t unsent() const { return out_.size() - sent_; }

 private:
  void arm();
  void on_ready(std::uint32_t events);
  bool read();   // false: ended
  bool write();  // false: ended
  [[nodiscard]] std::size_t allowance(std::size_t wanted);

  os::Loop& loop_;
  os::Fd socket_;
  std::string name_;
  Settings settings_;
  Calls calls_;
  ClientFrames frames_;
  std::string out_;
  std::size_t sent_ = 0;
  bool asleep_ = false;
  bool frozen_ = false;
  bool forgotten_ = false;
  std::uint32_t armed_ = 0;
  os::Loop::Watch watch_;
  os::Loop::Timer wake_;
  os::Loop::Timer drip_;
  os::Loop::Timer half_header_;
};

}  // namespace standstill::sim
