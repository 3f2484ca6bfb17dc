#include "wire/estop/envelope.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace standstill::estop {

namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }

template <class First, class Rest>
bool shaped(std::string_view text, std::size_t longest, First first, Rest rest) {
  return !text.empty() && text.size() <= longest && first(text.front()) &&
         std::all_of(text.begin() + 1, text.end(), rest);
}

bool is_reply_to(std::string_view text) {
  return shaped(
      text, 256, [](char c) { return lower(c) || digit(c); },
      [](char c) { return lower(c) || digit(c) || c == '_' || c == ':' || c == '/' || c == '-'; });
}

void read_timestamp(const Json& envelope, Members& in, Envelope& into) {
  if (in.has("timestamp") && envelope.at("timestamp").is_number()) {
    into.form = TimeForm::seconds;
    into.wall_ms = in.whole("timestamp", true, 0, last_second) * 1000;
    return;
  }
  const std::string written = in.matching(
      "timestamp", true, [](std::string_view text) { return read_time(text).has_value(); },
      "a time as 2026-01-31T12:00:00.000Z or whole seconds since 1970");
  into.wall_ms = read_time(written).value_or(0);
}

void read_source(const Json& object, Members& outer, Source& into) {
  Members in(object, "envelope.source", {"service", "instance", "version"});
  into.service = in.matching("service", true, is_service, "a service name");
  into.instance = in.matching("instance", true, is_instance, "an instance name");
  into.version = in.matching("version", true, is_version, "a version x.y.z");
  outer.take(in.problem());
}

}  // namespace

bool is_service(std::string_view text) {
  return shaped(text, 64, lower, [](char c) { return lower(c) || digit(c) || c == '_'; });
}

bool is_version(std::string_view text) {
  std::size_t dots = 0, digits = 0;
  if (text.size() > 32) return false;
  for (const char c : text) {
    if (c == '.' && digits > 0) {
      ++dots;
      digits = 0;
    } else if (digit(c)) {
      ++digits;
    } else {
      return false;
    }
  }
  return dots == 2 && digits > 0;
}

std::optional<std::int64_t> read_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? !digit(text[i]) : text[i] != form[i]) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    for (const char c : text.substr(at, length)) value = value * 10 + (c - '0');
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                            day(static_cast<unsigned>(number(8, 2)))};
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto days = sys_days(date).time_since_epoch().count();
  const std::int64_t ms =
      (((std::int64_t{days} * 24 + hour) * 60 + minute) * 60 + second) * 1000 + number(20, 3);
  return ms < 0 ? std::nullopt : std::optional(ms);
}

std::string write_time(std::int64_t wall_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(wall_ms)};
  const auto day_start = floor<days>(at);
  const year_month_day date(day_start);
  const hh_mm_ss time(at - day_start);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const char c = text[i];
    const bool hex = digit(c) || (c >= 'a' && c <= 'f');
    const bool right = form[i] == 'x'   ? hex
                       : form[i] == 'y' ? c == '8' || c == '9' || c == 'a' || c == 'b'
                                        : c == form[i];
    if (!right) return false;
  }
  return true;
}

bool is_instance(std::string_view text) {
  return shaped(
      text, 64, [](char c) { return lower(c) || digit(c); },
      [](char c) { return lower(c) || digit(c) || c == '_' || c == '-'; });
}

bool is_device_id(std::string_view text) {
  const auto plain = [](char c) { return lower(c) || upper(c) || digit(c); };
  return shaped(text, 64, plain, [&](char c) { return plain(c) || c == '_' || c == '-'; });
}

std::string uuid_of(const std::array<std::uint8_t, 16>& random) {
  std::string text;
  for (std::size_t i = 0; i < random.size(); ++i) {
    std::uint8_t byte = random[i];
    if (i == 6) byte = static_cast<std::uint8_t>((byte & 0x0FU) | 0x40U);
    if (i == 8) byte = static_cast<std::uint8_t>((byte & 0x3FU) | 0x80U);
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 0x0FU];
  }
  return text;
}

std::expected<Outer, std::string> read_outer(std::string_view text) {
  const auto parsed = parse_object(text);
  if (!parsed) return std::unexpected(parsed.error());
  Members top(*parsed, "", {"envelope", "payload"});
  const Json* envelope = top.object("envelope", true);
  const Json* payload = top.object("payload", true);
  if (!top.problem().empty()) return std::unexpected(top.problem());
  Outer made;
  Members in(*envelope, "envelope",
             {"id", "timestamp", "source", "schema_version", "type", "correlation_id", "reply_to"});
  made.envelope.id = in.matching("id", true, is_uuid, "a UUIDv4 in lower case");
  read_timestamp(*envelope, in, made.envelope);
  if (const Json* source = in.object("source", true)) read_source(*source, in, made.envelope.source);
  in.matching(
      "schema_version", true, [](std::string_view word) { return word == schema_version; },
      std::string(schema_version));
  const std::string type = in.matching(
      "type", true,
      [](std::string_view word) {
        return std::find(kind_names.begin(), kind_names.end(), word) != kind_names.end();
      },
      "a type of this format");
  made.kind = static_cast<Kind>((std::find(kind_names.begin(), kind_names.end(), type) - kind_names.begin()) %
                                static_cast<std::ptrdiff_t>(kind_names.size()));
  const bool request = made.kind == Kind::command_request;
  const bool answers = request || made.kind == Kind::command_response;
  made.envelope.correlation_id = in.matching("correlation_id", answers, is_uuid, "a UUIDv4 in lower case");
  made.envelope.reply_to = in.matching("reply_to", request, is_reply_to, "a channel");
  if (!answers && in.has("correlation_id"))
    in.wrong("correlation_id", "belongs to requests and responses only");
  if (!request && in.has("reply_to")) in.wrong("reply_to", "belongs to requests only");
  if (!in.problem().empty()) return std::unexpected(in.problem());
  made.payload = *payload;
  return made;
}

nlohmann::ordered_json write_envelope(Kind kind, const Envelope& envelope) {
  nlohmann::ordered_json made;
  made["id"] = envelope.id;
  if (envelope.form == TimeForm::seconds)
    made["timestamp"] = envelope.wall_ms / 1000;
  else
    made["timestamp"] = write_time(envelope.wall_ms);
  made["source"] = {{"service", envelope.source.service},
                    {"instance", envelope.source.instance},
                    {"version", envelope.source.version}};
  made["schema_version"] = schema_version;
  made["type"] = kind_names.at(static_cast<std::size_t>(kind));
  if (!envelope.correlation_id.empty()) made["correlation_id"] = envelope.correlation_id;
  if (!envelope.reply_to.empty()) made["reply_to"] = envelope.reply_to;
  return made;
}

}  // namespace standstill::estop
