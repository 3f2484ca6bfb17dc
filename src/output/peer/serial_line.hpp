// A serial device, open once in this process however many outputs speak through it: a board with eight relays
// is one device and eight outputs.
//
// Commands of several threads never mix within a line of text, and none of them waits for another's answer.
// Answers are given out in the order of the commands: as many confirmations as commands, or somebody stays
// unconfirmed. (A board that answers every command needs an expected reply at each of its outputs: an answer
// that nobody expects goes to the next who waits.)
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "output/peer/peer_output.hpp"

namespace standstill::output {

class SerialLine {
 public:
  // The open line of this device, or a new one. Null when it cannot be opened; errno says why.
  [[nodiscard]] static std::shared_ptr<SerialLine> open(const plan::Output& output);
  // A descriptor of the same device that another process opened. The line that is open already stays when it
  // lives.
  [[nodiscard]] static std::shared_ptr<SerialLine> adopt(const plan::Output& output, os::Fd fd);

  explicit SerialLine(os::Fd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The device has gone (it says so, or a write failed): its descriptor is closed at once, for everybody who
  // shares it, or the device would return under another name. Open it anew.
  [[nodiscard]] bool gone();

  enum class End { confirmed, unconfirmed, stuck, failed };
  // Writes `bytes`, ending first what an earlier command left unfinished (or when `terminate` says so), and
  // waits for `reply` where one is expected. `commanded` is set when the last byte was taken. After `failed`,
  // errno says why.
  End command(std::string_view bytes, std::string_view reply, bool terminate, Instant until,
              const Abort& abort, Instant& commanded);

 private:
  struct Waiter {
    std::string_view reply;
    Instant until;
    bool heard = false;
    bool left =
        false;  // its command was given up; the answer to it may still come, and must not confirm another
  };
  void close_now();
  bool write_all(std::string_view bytes, Instant until, const Abort& abort);
  void hear();
  std::list<Waiter>::iterator expect(std::string_view reply, Instant until);

  os::Fd fd_;
  std::atomic<bool> gone_ = false;
  std::mutex writing_;
  bool unfinished_ = false;  // under writing_
  std::mutex hearing_;
  std::list<Waiter> waiters_;  // under hearing_: oldest command first
  std::string heard_;          // under hearing_: what no waiter has taken yet
};

}  // namespace standstill::output
