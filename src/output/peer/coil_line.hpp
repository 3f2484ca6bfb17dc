// A Modbus line or connection with coils on it, open once in this process however many outputs it serves: a
// board with eight relays is one device and eight outputs.
//
// One request at a time, each with its own answer: what comes late is never taken for another's
// (wire/modbus/client.hpp).
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "output/peer/dialer.hpp"
#include "wire/modbus/client.hpp"

namespace standstill::output {

class SerialLine;

class CoilLine {
 public:
  // That of the output's device, or of its host and port.
  [[nodiscard]] static std::shared_ptr<CoilLine> of(const plan::Output& output);
  explicit CoilLine(const plan::Output& output);

  // Opens what is not open, sends, and waits for the answer. Good: the device did it, or (a read) said it.
  [[nodiscard]] Outcome ask(const modbus::Request& request, Instant until, const Abort& abort);

  // A serial device is shared between processes as in serial_line.hpp.
  [[nodiscard]] int shareable_fd() const;
  void adopt(os::Fd fd);
  void let_go();

 private:
  [[nodiscard]] bool open(Instant until, const Abort& abort);
  [[nodiscard]] int fd() const;
  [[nodiscard]] Outcome exchange(const modbus::Request& request, Instant until, const Abort& abort);
  [[nodiscard]] bool move_bytes(Instant now);
  void close();
  [[nodiscard]] Outcome trouble(const std::string& what) const;

  const plan::Output output_;  // the first one's: line and connection are the same for all
  Dialer dialer_;
  mutable std::mutex state_;  // of serial_
  std::timed_mutex turn_;     // of everything below
  std::shared_ptr<SerialLine> serial_;
  os::Fd socket_;
  std::unique_ptr<modbus::Client> client_;
  std::string why_;
  std::uint64_t key_ = 0;
};

}  // namespace standstill::output
