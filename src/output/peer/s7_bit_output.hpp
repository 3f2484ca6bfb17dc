// A bit of a Siemens S7 PLC: connected before it is asked, written as a bit and never as its byte, and read
// to prove that the way is open.
//
// A PLC that refuses bit writes cannot be used as an output: writing the whole byte would now and then undo
// what the PLC's program did to the other seven bits (plant/plc/bit_write.hpp).
#pragma once

#include <optional>
#include <string>

#include "output/peer/dialer.hpp"
#include "wire/s7/frame.hpp"
#include "wire/s7/message.hpp"

namespace standstill::output {

class S7BitOutput : public PeerOutput {
 public:
  explicit S7BitOutput(const plan::Output& output);
  Outcome apply(bool run, const Abort& abort) override;
  // Reads the bit. One that was made safe and is not any more (a PLC that restarted, a program that wrote it)
  // is made safe again, and said.
  Outcome probe() override;
  Duration probe_interval() const override { return std::chrono::milliseconds(output_.probe_ms); }

 private:
  enum class End { answered, closed, late, refused, aborted };
  struct Answer {
    End end = End::late;
    s7::Message message{};  // with `answered`: valid until the next exchange
  };
  // Transport, negotiation, password. Afterwards fd_ can be asked, or why_ says why not.
  bool open(Instant until, const Abort& abort);
  // With a reset: what has not left yet must never reach the PLC behind what is said on a new connection.
  void close(const std::string& why);
  // What stands in request_, and the answer that carries its number; others are dropped.
  Answer exchange(std::uint16_t sequence, Instant until, const Abort& abort, Instant* commanded = nullptr);
  s7::FrameReader::Result receive(Instant until, const Abort& abort, End& end);
  End write(bool value, Instant until, const Abort& abort, Instant& commanded);
  End read(bool& value, Instant until, const Abort& abort);
  End fail(End end, const std::string& why);
  [[nodiscard]] Outcome trouble() const;
  [[nodiscard]] bool usable() const;
  std::uint16_t begin();  // the next number; request_ is empty

  const plan::Output& output_;
  const s7::Range bit_;
  Dialer dialer_;
  os::Fd fd_;
  s7::FrameReader reader_;
  s7::Bytes request_;
  std::uint16_t sequence_ = 0;
  bool overtaken_ = false;  // by a cut: an answer is still under way
  bool made_safe_ = false;  // it was the last that the PLC confirmed
  std::string why_;
};

}  // namespace standstill::output
