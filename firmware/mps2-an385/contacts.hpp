// The wiring of the emulated external guard, in the memory that QEMU shares with a file: coils, contacts and
// the button, and what a test breaks of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "firmware/mps2-an385/plant_frame.hpp"

namespace standstill::board {

struct Contacts {
  std::uint32_t coil[2];         // the board: current flows
  std::uint32_t welded[2];       // the test: it stays closed without current
  std::uint32_t button_open;     // the test
  std::uint32_t hang;            // the test: the loop stands still for ever
  std::uint32_t pump_edges;      // the board: changes of level since power-up
  std::uint32_t longest_gap_us;  // the board: between two cycles; the test clears it
  std::uint64_t opened_us;       // the board: when the coils lost their current, by its own clock
  std::uint64_t starts;          // the board: resets and power-ups
};
inline constexpr std::size_t contacts_offset = mailbox_offset + (64U << 10U);
static_assert(sizeof(Mailbox) <= (64U << 10U));

}  // namespace standstill::board
