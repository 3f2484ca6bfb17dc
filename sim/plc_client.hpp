// One connection of the simulated PLC: cuts frames, hands requests to the CPU, sends its answers when they
// are due.
#pragma once

#include <deque>
#include <functional>
#include <random>

#include "os/fd.hpp"
#include "os/loop.hpp"
#include "sim/plc_cpu.hpp"
#include "wire/s7/frame.hpp"

namespace standstill::sim {

// What it does wrong, set for all connections at once; the counters are used up by whichever answers.
struct PlcFaults {
  Duration delay{};  // every answer comes so much later; several can be under way
  Duration late{};   // the next `late_answers` come so much later
  int late_answers = 0;
  int lost_answers = 0;     // are never sent
  int wrong_sequences = 0;  // carry the number of the request before
  int garbage = 0;          // random bytes instead of an answer
  int wrong_lengths = 0;    // a message that says another length than it has
  int cut_at = -1;          // the next answer ends after so many bytes, and the connection with it
};

class PlcClient {
 public:
  PlcClient(os::Loop& loop, os::Fd socket, PlcCpu& cpu, PlcFaults& faults, std::mt19937& random,
            std::function<void()> ended);  // `ended` may destroy the client
  PlcClient(const PlcClient&) = delete;
  PlcClient& operator=(const PlcClient&) = delete;

  void freeze(bool on);  // neither reads nor writes; TCP stays up
  void forget() {
    freeze(true);
    forgotten_ = true;
  }  // for ever: the half-open connection
  void reset();  // ends with RST; the owner forgets it
  [[nodiscard]] bool forgotten() const { return forgotten_; }

 private:
  struct Due {
    Instant at;
    s7::Bytes bytes;
    bool then_end = false;
  };
  void look();
  void on_ready(std::uint32_t events);
  bool read();   // false: ended
  bool write();  // false: ended
  bool handle(s7::FrameReader::Result what);
  void spoil_and_queue(s7::Bytes answer);
  void queue(s7::Bytes answer, Instant at, bool then_end = false);
  void send_due();
  void arm();
  void end();

  os::Loop& loop_;
  os::Fd socket_;
  PlcCpu& cpu_;
  PlcFaults& faults_;
  std::mt19937& random_;
  std::function<void()> ended_;
  PlcCpu::Connection connection_;
  s7::FrameReader reader_;
  std::deque<Due> due_;
  s7::Bytes out_;
  std::size_t out_at_ = 0;
  std::uint32_t armed_ = 0;
  bool frozen_ = false;
  bool forgotten_ = false;
  bool end_after_out_ = false;
  os::Loop::Watch watch_;
  os::Loop::Timer timer_;
};

}  // namespace standstill::sim
