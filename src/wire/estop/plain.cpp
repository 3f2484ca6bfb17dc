#include "wire/estop/plain.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "wire/estop/envelope.hpp"

namespace standstill::estop {

namespace {

constexpr bool plain_character(char c) { return c >= ' ' && c <= '~'; }
constexpr bool plain_and_free(char c) { return plain_character(c) && c != '"' && c != '\\'; }

bool plain(std::string_view text) { return std::ranges::all_of(text, plain_and_free); }

class Cursor {
 public:
  explicit Cursor(std::string_view text) : left_(text) {}

  [[nodiscard]] bool take(char wanted) {
    while (!left_.empty() && left_.front() == ' ') left_.remove_prefix(1);
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool take(std::string_view wanted) {
    if (!left_.starts_with(wanted)) return false;
    left_.remove_prefix(wanted.size());
    return true;
  }
  // What is between quotation marks.
  [[nodiscard]] bool text(std::string_view& into) {
    if (!take('"')) return false;
    const auto end = std::ranges::find_if_not(left_, plain_and_free);
    if (end == left_.end() || *end != '"') return false;
    into = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
    left_.remove_prefix(into.size() + 1);
    return true;
  }
  // The same with \" and \\ in it.
  [[nodiscard]] bool escaped_text(std::string& into) {
    if (!take('"')) return false;
    into.reserve(left_.size());
    while (!left_.empty() && left_.front() != '"') {
      if (left_.front() == '\\')
        left_.remove_prefix(1);
      else if (!plain_character(left_.front()))
        return false;
      else {
        into += left_.front();
        left_.remove_prefix(1);
        continue;
      }
      if (left_.empty() || (left_.front() != '"' && left_.front() != '\\')) return false;
      into += left_.front();
      left_.remove_prefix(1);
    }
    return take('"');
  }
  // A whole number of seconds: at most twelve digits, and no zero before them.
  [[nodiscard]] bool digits(std::int64_t& into) {
    static_cast<void>(take(' '));
    const auto end = std::ranges::find_if(left_, [](char c) { return c < '0' || c > '9'; });
    const std::string_view number = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
    if (number.empty() || number.size() > 12 || (number.size() > 1 && number.front() == '0')) return false;
    into = 0;
    for (const char c : number) into = into * 10 + (c - '0');
    left_.remove_prefix(number.size());
    return true;
  }
  [[nodiscard]] char next() {
    while (!left_.empty() && left_.front() == ' ') left_.remove_prefix(1);
    return left_.empty() ? '\0' : left_.front();
  }
  [[nodiscard]] bool over() const { return left_.empty(); }

  // Every member once, and no other than these: `each` takes the value of the one with that number.
  template <std::size_t N, class Each>
  [[nodiscard]] bool object(const std::array<std::string_view, N>& names, unsigned required, Each each) {
    if (!take('{')) return false;
    unsigned seen = 0;
    do {
      std::string_view name;
      if (!text(name) || !take(':')) return false;
      const std::size_t which = place(names, name);
      if (which == N || (seen >> which & 1U) != 0 || !each(which)) return false;
      seen |= 1U << which;
    } while (take(','));
    return take('}') && (seen & required) == required;
  }

 private:
  std::string_view left_;
};

bool read_plain_time(Cursor& in) {
  if (in.next() != '"') {
    std::int64_t seconds = 0;
    return in.digits(seconds) && seconds <= last_second;
  }
  std::string_view written;
  return in.text(written) && read_time(written).has_value();
}

bool read_plain_source(Cursor& in, HeardStop& into) {
  constexpr std::array<std::string_view, 3> names{"service", "instance", "version"};
  return in.object(names, 0b111U, [&](std::size_t which) {
    std::string_view value;
    if (!in.text(value)) return false;
    if (which == 0) into.service = value;
    if (which == 1) into.instance = value;
    return which == 0 ? is_service(value) : which == 1 ? is_instance(value) : is_version(value);
  });
}

bool read_plain_envelope(Cursor& in, HeardStop& into) {
  constexpr std::array<std::string_view, 5> names{"id", "timestamp", "source", "schema_version", "type"};
  return in.object(names, 0b11111U, [&](std::size_t which) {
    if (which == 1) return read_plain_time(in);
    if (which == 2) return read_plain_source(in, into);
    std::string_view value;
    if (!in.text(value)) return false;
    if (which == 0) into.id = value;
    return which == 0   ? is_uuid(value)
           : which == 3 ? value == schema_version
                        : value == kind_names.at(static_cast<std::size_t>(Kind::emergency_stop));
  });
}

bool read_plain_payload(Cursor& in, HeardStop& into) {
  constexpr std::array<std::string_view, 3> names{"reason", "description", "initiator"};
  return in.object(names, 0b1U, [&](std::size_t which) {
    std::string_view value;
    if (!in.text(value)) return false;
    if (which == 1) into.description = value;
    if (which == 2) into.initiator = value;
    if (which != 0) return value.size() <= (which == 1 ? longest_description : longest_initiator);
    const auto reason = cause_code(value);
    into.reason = reason.value_or(CauseCode::none);
    return reason >= CauseCode::button_press;
  });
}

void append(std::string& to, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) to += part;
}

}  // namespace

std::optional<HeardStop> read_plain_stop(std::string_view text) {
  if (text.size() > longest_message) return std::nullopt;
  constexpr std::array<std::string_view, 2> names{"envelope", "payload"};
  HeardStop heard;
  Cursor in(text);
  const bool read = in.object(names, 0b11U, [&](std::size_t which) {
    return which == 0 ? read_plain_envelope(in, heard) : read_plain_payload(in, heard);
  });
  return read && in.over() ? std::optional(std::move(heard)) : std::nullopt;
}

std::string write_plain_stop(const Envelope& envelope, const EmergencyStop& stop) {
  if (!envelope.correlation_id.empty() || !envelope.reply_to.empty() || !plain(stop.description) ||
      !plain(stop.initiator))
    return {};
  std::string text;
  text.reserve(768);
  append(text, {R"({"envelope":{"id":")", envelope.id, R"(","timestamp":)"});
  if (envelope.form == TimeForm::seconds)
    text += std::to_string(envelope.wall_ms / 1000);
  else
    append(text, {"\"", write_time(envelope.wall_ms), "\""});
  append(text,
         {R"(,"source":{"service":")", envelope.source.service, R"(","instance":")", envelope.source.instance,
          R"(","version":")", envelope.source.version, R"("},"schema_version":")", schema_version,
          R"(","type":")", kind_names.at(static_cast<std::size_t>(Kind::emergency_stop)),
          R"("},"payload":{"reason":")", name(stop.reason), "\""});
  if (!stop.description.empty()) append(text, {R"(,"description":")", stop.description, "\""});
  if (!stop.initiator.empty()) append(text, {R"(,"initiator":")", stop.initiator, "\""});
  text += "}}";
  // What we send is read first, so that it cannot be wrong.
  return read_plain_stop(text) ? text : std::string();
}

std::optional<PlainSigned> read_plain_signed(std::string_view whole) {
  if (whole.size() > longest_message) return std::nullopt;
  Cursor in(whole);
  PlainSigned made;
  const bool read = in.take(std::string_view(R"({"signed":)")) && in.escaped_text(made.text) &&
                    in.take(std::string_view(R"(,"key_id":)")) && in.text(made.key_id) &&
                    in.take(std::string_view(R"(,"mac":)")) && in.text(made.mac) && in.take('}') && in.over();
  return read ? std::optional(std::move(made)) : std::nullopt;
}

std::string write_plain_signed(std::string_view text, std::string_view key_id, std::string_view mac) {
  if (!std::ranges::all_of(text, plain_character) || !plain(key_id) || !plain(mac)) return {};
  std::string made;
  made.reserve(text.size() * 2 + 160);
  made += R"({"signed":")";
  for (const char c : text) {
    if (!plain_and_free(c)) made += '\\';
    made += c;
  }
  append(made, {R"(","key_id":")", key_id, R"(","mac":")", mac, R"("})"});
  return made;
}

}  // namespace standstill::estop
