#include "plant/engine/line.hpp"

#include <charconv>

namespace standstill::engine {

namespace {

constexpr double kpa_in_psi = 6.894757293168;  // BIPM, SI brochure: 1 lbf/in²

template <class Number>
bool take_number(std::string_view& text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// Digits, one point, one digit: what "%.1f" writes. Not "1e9", not "nan".
bool take_decimal(std::string_view& text, double& into) {
  const std::size_t end = text.find('|');
  std::string_view number = text.substr(0, end);
  const std::size_t point = number.find('.');
  if (point == std::string_view::npos || point + 2 != number.size() || number.size() > 10) return false;
  for (std::size_t i = number.front() == '-' ? 1 : 0; i < number.size(); ++i)
    if (i != point && (number[i] < '0' || number[i] > '9')) return false;
  if (!take_number(number, into) || !number.empty()) return false;
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  return true;
}

}  // namespace

std::optional<Frame> read_frame(std::string_view line) {
  Frame frame;
  double psi = 0;
  int servo = 0;
  const bool whole = take_word(line, "SPD:") && take_decimal(line, frame.speed) && take_word(line, "|PSI:") &&
                     take_decimal(line, psi) && take_word(line, "|TB:") && take_decimal(line, frame.boiler) &&
                     take_word(line, "|TS:") && take_decimal(line, frame.superheater) &&
                     take_word(line, "|TL:") && take_decimal(line, frame.logic) && take_word(line, "|SRV:") &&
                     take_number(line, servo) && line.empty();
  if (!whole) return std::nullopt;
  frame.pressure = psi * kpa_in_psi;
  frame.servo = servo;
  return frame;
}

std::optional<State> read_state(std::string_view line) {
  if (!take_word(line, "STATE ")) return std::nullopt;
  State state;
  bool known = false;
  for (const LatchState one : {LatchState::tripped, LatchState::ready, LatchState::running}) {
    if (known || !line.starts_with(name(one))) continue;
    known = true;
    state.latch = one;
    line.remove_prefix(name(one).size());
  }
  if (!known || !take_word(line, " ") || !take_number(line, state.epoch) || !take_word(line, " "))
    return std::nullopt;
  state.reason = line;
  return state;
}

std::optional<std::size_t> read_log_head(std::string_view line) {
  if (line.starts_with("LOG none")) return 0;
  if (!line.starts_with("LOG ") || !line.ends_with(" events")) return std::nullopt;
  line.remove_suffix(std::string_view(" events").size());
  const std::size_t comma = line.rfind(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  line.remove_prefix(comma + 2);
  std::size_t count = 0;
  if (!take_number(line, count) || !line.empty() || count > 1000) return std::nullopt;
  return count;
}

}  // namespace standstill::engine
