// The simulated CPU: one request in, one answer out. No sockets and no clock in here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/plc_memory.hpp"
#include "wire/s7/user_data.hpp"

namespace standstill::sim {

struct PlcManners {
  std::uint16_t pdu = 480;        // granted at most
  std::uint16_t outstanding = 8;  // granted at most
  bool put_get = true;            // off: "not implemented", as an S7-1500 without PUT/GET
  bool writable = true;           // off: every write is denied
  bool bit_writes = true;         // off: a bit write is refused as a wrong type
  bool status_lists = true;       // off: they are not offered, as on small CPUs
  std::string password;           // needed before anything else; empty: none
  // Where it stands; nothing: connections to every rack and slot are taken.
  std::optional<std::uint8_t> place = std::nullopt;  // rack << 5 | slot
};

class PlcCpu {
 public:
  explicit PlcCpu(PlcManners manners) : manners_(std::move(manners)) {}

  // What one connection has agreed on.
  struct Connection {
    std::uint16_t pdu = 0;  // 0: setup has not come
    bool unlocked = false;
    s7::Bytes rest{};  // of a long answer, and what it answers
    s7::UserFunction rest_of{};
    std::uint8_t part = 0;
  };
  // A whole frame, or nothing for what no CPU answers. `wall_ns` since 1970.
  [[nodiscard]] std::optional<s7::Bytes> answer(Connection& connection, const s7::Message& request,
                                                std::int64_t wall_ns);

  [[nodiscard]] PlcMemory& memory() { return memory_; }
  [[nodiscard]] PlcManners& manners() { return manners_; }
  [[nodiscard]] bool running() const { return running_; }
  void run(bool on) { running_ = on; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

 private:
  s7::Bytes read(const Connection& connection, const s7::Message& request);
  s7::Bytes write(const s7::Message& request);
  s7::Bytes user(Connection& connection, const s7::Message& request, std::int64_t wall_ns);
  s7::Bytes user_data(s7::UserFunction function, s7::View question, s7::UserReply& reply,
                      std::int64_t wall_ns);
  s7::Bytes status_list(s7::View question, s7::UserReply& reply);
  s7::Bytes blocks(s7::UserFunction function, s7::View question, s7::UserReply& reply);

  PlcManners manners_;
  PlcMemory memory_;
  bool running_ = true;
  std::int64_t clock_ahead_ns_ = 0;  // after it was set
  std::uint64_t requests_ = 0;
};

}  // namespace standstill::sim
