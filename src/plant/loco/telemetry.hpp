// The engine's lines over a UART or a radio: one a second, and answers to what is typed.
//
//   SPD:%.1f|PSI:%.1f|TB:%.1f|TS:%.1f|TL:%.1f|SRV:%d     cm/s, psi, °C, °C, °C, degrees
//   CV42=120 → Updated CV42 (boiler limit) from 110 to 120 °C
//   CV42?    → CV42=110
//   STATE    → STATE tripped 8 THERMAL_BOILER_LIMIT(112°C > 110°C)
//   LOG      → the log of the last shutdown, as far as it was saved, a line an event
//   STOP     → the emergency stop; so is a line that cannot be read (S9)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/text.hpp"
#include "plant/loco/settings.hpp"

namespace standstill::loco {

using Line = FixedText<192>;

struct Frame {
  std::int32_t speed = 0;     // mm/s
  std::int32_t pressure = 0;  // thousandths of kPa, °C
  std::int32_t boiler = 0, superheater = 0, logic = 0;
  std::int32_t servo = 0;  // tenths of a degree
};

[[nodiscard]] Line frame_line(const Frame& frame);  // without the newline

struct Typed {
  enum class Kind : std::uint8_t { cv_write, cv_read, state, log, stop, unreadable, too_long };
  Kind kind = Kind::unreadable;
  std::uint32_t cv = 0;
  std::int32_t value = 0;
};

// "CV37=13.25" is in the variable's unit: 1325 of its last decimals.
[[nodiscard]] Typed read_line(std::string_view line);

// Bytes to lines, whatever they are cut into. A line that does not fit is one line that cannot be read.
class LineReader {
 public:
  static constexpr std::size_t longest = 64;
  // True when `byte` ended a line; typed() is what it said. An empty line is none.
  bool take(std::uint8_t byte);
  [[nodiscard]] const Typed& typed() const { return typed_; }

 private:
  std::array<char, longest> bytes_{};
  std::size_t size_ = 0;
  bool over_ = false;
  Typed typed_;
};

}  // namespace standstill::loco
