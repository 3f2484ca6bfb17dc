#include "plant/sensor/session.hpp"

#include <cerrno>
#include <charconv>

#include "plant/sensor/chip.hpp"

namespace standstill::sensor {

namespace {

// A chip that answers and says no is there; one whose answer is missing or late has no value now.
link::Quality quality_of(int error) {
  return error == EAGAIN || error == ENODATA || error == ETIMEDOUT ? link::Quality::stale
                                                                   : link::Quality::refused;
}

template <class Number>
bool parse(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

void Session::connected(Instant now) {
  in_.clear();
  out_.clear();
  asked_ = false;
  heard_ = {};
  spoilt_ = false;
  ask(now);
}

void Session::ask(Instant now) {
  if (asked_) return;  // the answer to the last one is what everybody waits for
  asked_ = true;
  next_ = now + set_.poll;
  out_ += '?';
}

std::span<const std::byte> Session::output() const { return std::as_bytes(std::span(out_)); }

bool Session::feed(std::span<const std::byte> bytes, Instant now) {
  in_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t begin = 0;
  for (std::size_t end; (end = in_.find('\n', begin)) != std::string::npos; begin = end + 1)
    if (spoilt_ = !take(std::string_view(in_).substr(begin, end - begin), now); spoilt_) return false;
  in_.erase(0, begin);
  return true;
}

bool Session::take(std::string_view line, Instant now) {
  if (line == ".") {
    asked_ = false;
    heard_ = now;
    if (set_.on_values) set_.on_values();
    return true;
  }
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string input(line.substr(0, space));
  const Measure* measure = measure_of(input);
  if (measure == nullptr) return false;
  auto known = known_.find(input);
  if (known == known_.end())
    known = known_.emplace(input, set_.tags->declare(set_.link, input, measure->unit)).first;
  const double last = set_.tags->get(known->second).value;
  const std::string_view rest = line.substr(space + 1);
  long long raw = 0;
  int error = 0;
  if (rest == "fault")
    set_.tags->set(known->second, last, link::Quality::out_of_range, now, set_.wall_ns());
  else if (rest.starts_with("! ") && parse(rest.substr(2), error))
    set_.tags->set(known->second, last, quality_of(error), now, set_.wall_ns());
  else if (parse(rest, raw))
    set_.tags->set(known->second, static_cast<double>(raw) * measure->scale, link::Quality::good, now,
                   set_.wall_ns());
  else
    return false;
  return true;
}

}  // namespace standstill::sensor
