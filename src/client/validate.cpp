#include "client/validate.hpp"

namespace standstill::client {

namespace {

using std::chrono::milliseconds;

struct Range {
  const char* name;
  milliseconds given;
  milliseconds least;
  milliseconds most;
};

}  // namespace

std::string what_is_wrong(const std::string& host, std::uint16_t port, const Options& options) {
  constexpr milliseconds hour{3'600'000};
  if (host.empty() || host.find('\0') != std::string::npos)
    return "the host is empty: name the machine the Rocrail server runs on, such as \"localhost\"";
  if (port == 0) return "the port is 0: a Rocrail server listens on 1 to 65535, by default on 8051";
  for (const Range& range : {Range{"probe", options.probe, milliseconds(50), hour},
                             Range{"silence", options.silence, milliseconds(50), hour},
                             Range{"connect_timeout", options.connect_timeout, milliseconds(50), hour},
                             Range{"retry_first", options.retry_first, milliseconds(1), hour * 24},
                             Range{"retry_longest", options.retry_longest, options.retry_first, hour * 24},
                             Range{"handler_patience", options.handler_patience, milliseconds(10), hour}}) {
    if (range.given < range.least || range.given > range.most)
      return std::string(range.name) + " is " + std::to_string(range.given.count()) + " ms; it can be " +
             std::to_string(range.least.count()) + " to " + std::to_string(range.most.count()) + " ms";
  }
  if (options.clock_offset <= std::chrono::hours(-24) || options.clock_offset >= std::chrono::hours(24))
    return "clock_offset is " + std::to_string(options.clock_offset.count()) +
           " minutes; it can be -1439 to 1439";
  return {};
}

}  // namespace standstill::client
