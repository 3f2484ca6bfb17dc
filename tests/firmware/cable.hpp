// The cable between a supervisor's guard and the external guard's image: a pseudo terminal at one end, the
// emulated board's line at the other, and in between whatever happens to cables.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/firmware/machine.hpp"
#include "wire/permit/board.hpp"
#include "wire/permit/serial_frame.hpp"

namespace standstill::firmware {

class Cable {
 public:
  enum class Fault : std::uint8_t {
    none,
    broken,      // nothing passes either way
    garbage,     // to the board: other bytes, as many as were sent
    bit_errors,  // to the board: one bit in every 32 bytes
    replay,      // to the board: every `run` that was sent while it was sound, over and over
  };

  explicit Cable(Line& board);
  ~Cable();
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;

  [[nodiscard]] const std::string& device() const { return device_; }
  void suffer(Fault fault) { fault_ = fault; }
  void unplug();  // the device is gone

  // The board's time that the newest new permit repeats: its relays may be closed until then and the
  // time-out.
  [[nodiscard]] std::uint64_t vouched_us() const { return vouched_us_; }
  [[nodiscard]] std::uint64_t statuses() const { return statuses_; }
  [[nodiscard]] permit::BoardStatus status();

 private:
  void carry();
  void to_board(std::vector<std::uint8_t> bytes);
  void note(std::uint8_t byte);

  Line& board_;
  int master_ = -1, slave_ = -1;
  std::string device_;
  std::atomic<Fault> fault_ = Fault::none;
  std::atomic<bool> ending_ = false;
  std::atomic<std::uint64_t> vouched_us_ = 0, statuses_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint32_t host_ = 0, noise_ = 1;
  permit::SerialReader<permit::Order::size> orders_;
  permit::SerialReader<permit::BoardStatus::size> said_;
  std::vector<std::uint8_t> frame_, recorded_;
  std::size_t replayed_ = 0, bits_ = 0;
  std::mutex mutex_;
  permit::BoardStatus status_;  // under mutex_
  std::thread thread_;
};

}  // namespace standstill::firmware
