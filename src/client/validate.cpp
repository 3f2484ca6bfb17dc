#include "client/validate.hpp"

#include <initializer_list>

#include "wire/s7/address.hpp"
#include "wire/s7/user_data.hpp"

namespace standstill::client {

namespace {

using std::chrono::milliseconds;

struct Range {
  const char* name;
  milliseconds given;
  milliseconds least;
  milliseconds most;
};

constexpr milliseconds hour{3'600'000};

std::string out_of_range(std::initializer_list<Range> ranges) {
  for (const Range& range : ranges)
    if (range.given < range.least || range.given > range.most)
      return std::string(range.name) + " is " + std::to_string(range.given.count()) + " ms; it can be " +
             std::to_string(range.least.count()) + " to " + std::to_string(range.most.count()) + " ms";
  return {};
}

std::string wrong_heartbeat(const PlcHeartbeat& heartbeat) {
  const auto address = s7::parse_address(heartbeat.address);
  const std::string place = "heartbeat '" + heartbeat.address + "': ";
  if (!address) return place + address.error();
  if (!s7::is_one_number(*address)) return place + "it is text or several values, and one number beats";
  return out_of_range(
      {{"heartbeat.changes_within", heartbeat.changes_within, milliseconds(20), hour * 24 * 31}});
}

}  // namespace

std::string what_is_wrong(const std::string& host, std::uint16_t port, const Options& options) {
  if (host.empty() || host.find('\0') != std::string::npos)
    return "the host is empty: name the machine the Rocrail server runs on, such as \"localhost\"";
  if (port == 0) return "the port is 0: a Rocrail server listens on 1 to 65535, by default on 8051";
  if (auto wrong = out_of_range({{"probe", options.probe, milliseconds(50), hour},
                                 {"silence", options.silence, milliseconds(50), hour},
                                 {"connect_timeout", options.connect_timeout, milliseconds(50), hour},
                                 {"retry_first", options.retry_first, milliseconds(1), hour * 24},
                                 {"retry_longest", options.retry_longest, options.retry_first, hour * 24},
                                 {"handler_patience", options.handler_patience, milliseconds(10), hour}});
      !wrong.empty())
    return wrong;
  if (options.clock_offset <= std::chrono::hours(-24) || options.clock_offset >= std::chrono::hours(24))
    return "clock_offset is " + std::to_string(options.clock_offset.count()) +
           " minutes; it can be -1439 to 1439";
  return {};
}

std::string what_is_wrong(const std::string& host, const PlcOptions& options) {
  if (host.empty() || host.find('\0') != std::string::npos)
    return "the host is empty: name the PLC, such as \"192.168.0.10\"";
  if (options.port == 0) return "the port is 0: a PLC listens on 102, a simulated one often on 1102";
  if (options.rack > 7) return "rack is " + std::to_string(options.rack) + "; it can be 0 to 7";
  if (options.slot > 31) return "slot is " + std::to_string(options.slot) + "; it can be 0 to 31";
  if (options.password.size() > s7::longest_password)
    return "the password has more than " + std::to_string(s7::longest_password) +
           " characters, which no PLC has";
  if (auto wrong = out_of_range({{"answer_within", options.answer_within, milliseconds(1), hour},
                                 {"probe", options.probe, milliseconds(1), hour},
                                 {"connect_timeout", options.connect_timeout, milliseconds(1), hour},
                                 {"retry_first", options.retry_first, milliseconds(1), hour * 24},
                                 {"retry_longest", options.retry_longest, options.retry_first, hour * 24},
                                 {"time_out", options.time_out, milliseconds(1), hour * 24 * 366},
                                 {"handler_patience", options.handler_patience, milliseconds(10), hour}});
      !wrong.empty())
    return wrong;
  return options.heartbeat ? wrong_heartbeat(*options.heartbeat) : std::string();
}

}  // namespace standstill::client
