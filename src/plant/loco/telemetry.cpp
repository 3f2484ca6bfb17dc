#include "plant/loco/telemetry.hpp"

#include "kernel/format.hpp"

namespace standstill::loco {

namespace {

// Thousandths to one decimal, half away from zero.
Sentence& tenths(Sentence& words, std::int32_t milli) {
  const std::int32_t rounded = (milli + (milli < 0 ? -50 : 50)) / 100;
  return put_value(words, rounded, 1);
}

bool digit(char c) { return c >= '0' && c <= '9'; }

// At most nine digits: more do not fit, and are no value of any CV.
bool number(std::string_view& text, std::int32_t& into, std::size_t& digits) {
  into = 0;
  digits = 0;
  while (!text.empty() && digit(text.front())) {
    if (++digits > 9) return false;
    into = into * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  return digits > 0;
}

bool value_of(std::string_view text, std::uint32_t cv, std::int32_t& into) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::size_t digits = 0;
  if (!number(text, into, digits)) return false;
  const int index = index_of(cv);
  std::size_t places = index < 0 ? 0 : variables[static_cast<std::size_t>(index)].decimals;
  if (digits + places > 9) return false;
  std::size_t given = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::int32_t part = 0;
    if (!number(text, part, given) || given > places) return false;
    for (std::size_t i = 0; i < given; ++i) into *= 10;
    into += part;
  }
  for (; given < places; ++given) into *= 10;
  if (negative) into = -into;
  return text.empty();
}

}  // namespace

Line frame_line(const Frame& frame) {
  Sentence words;
  tenths(words.text("SPD:"), frame.speed * 100);
  // 1 kPa is 0.1450377 psi
  tenths(words.text("|PSI:"), static_cast<std::int32_t>(std::int64_t{frame.pressure} * 1450377 / 10'000'000));
  tenths(words.text("|TB:"), frame.boiler);
  tenths(words.text("|TS:"), frame.superheater);
  tenths(words.text("|TL:"), frame.logic);
  words.text("|SRV:").integer((frame.servo + 5) / 10);
  return words.view();
}

Typed read_line(std::string_view line) {
  Typed typed;
  if (line == "STATE") {
    typed.kind = Typed::Kind::state;
  } else if (line == "LOG") {
    typed.kind = Typed::Kind::log;
  } else if (line == "STOP") {
    typed.kind = Typed::Kind::stop;
  } else if (line.starts_with("CV")) {
    line.remove_prefix(2);
    std::int32_t cv = 0;
    std::size_t digits = 0;
    if (!number(line, cv, digits)) return typed;
    typed.cv = static_cast<std::uint32_t>(cv);
    if (line == "?") typed.kind = Typed::Kind::cv_read;
    if (line.starts_with('=') && value_of(line.substr(1), typed.cv, typed.value))
      typed.kind = Typed::Kind::cv_write;
  }
  return typed;
}

bool LineReader::take(std::uint8_t byte) {
  const auto c = static_cast<char>(byte);
  if (c != '\n' && c != '\r') {
    if (size_ < longest)
      bytes_[size_++] = c;
    else
      over_ = true;
    return false;
  }
  if (size_ == 0) return false;
  typed_ = over_ ? Typed{Typed::Kind::too_long, 0, 0} : read_line({bytes_.data(), size_});
  size_ = 0;
  over_ = false;
  return true;
}

}  // namespace standstill::loco
