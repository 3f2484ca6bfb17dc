// A decoder's memory: whose packets it obeys, which ones count only when they come twice, and service mode
// (NMRA S-9.2.1, S-9.2.3).
//
// Every valid packet, to whomever, proves that the signal is there; nothing else does.
#pragma once

#include <cstdint>

#include "kernel/time.hpp"
#include "wire/dcc/command.hpp"

namespace standstill::dcc {

struct Identity {
  std::uint16_t address = 3;
  bool long_address = false;
  bool few_steps = false;  // 14: CV29 bit 1 is 0
  bool reversed = false;   // CV29 bit 0
};

struct Action {
  enum class Kind : std::uint8_t { none, speed, emergency_stop, functions, cv, service_cv };
  Kind kind = Kind::none;
  std::uint8_t step = 0;
  std::uint8_t steps = 28;
  bool forward = true;
  CvAccess cv{};
};

class Receiver {
 public:
  // S-9.2.3: service mode ends when neither a reset nor a service-mode packet came for 20 ms.
  static constexpr Duration service_lasts = 20ms;

  // True: it is another address that is obeyed from now on.
  constexpr bool configure(const Identity& identity) {
    const bool other =
        identity.address != identity_.address || identity.long_address != identity_.long_address;
    identity_ = identity;
    return other;
  }

  // `packet` is valid.
  Action take(const Packet& packet, Instant now);

  // Heaters and servo are off while it is true.
  [[nodiscard]] constexpr bool in_service(Instant now) const {
    return service_ && now - service_at_ <= service_lasts;
  }
  [[nodiscard]] constexpr Instant last_packet() const { return last_packet_; }  // Instant{}: none yet
  // The last one with this decoder's address, for CV11.
  [[nodiscard]] constexpr Instant last_own() const { return last_own_; }
  [[nodiscard]] constexpr std::uint32_t functions() const { return functions_; }

 private:
  Action service(const Packet& packet, Instant now);
  Action own(const Packet& packet, const Command& command);
  [[nodiscard]] bool is_mine(const Command& command) const;

  Identity identity_;
  Instant last_packet_{}, last_own_{}, service_at_{};
  bool after_reset_ = false;  // the packet before was a reset, or a service-mode one
  bool service_ = false;
  bool acted_ = false;  // on the packet that is remembered
  Packet once_{};       // a CV packet that came once
  std::uint32_t functions_ = 0;
};

}  // namespace standstill::dcc
