// Which PLC a tool talks to: by --host, or a configured link.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "app/s7_options.hpp"
#include "standstill/plc.hpp"

namespace standstill::app {

struct S7Target {
  std::string host;
  PlcOptions options;
  std::string link;                 // this configured link was named; empty: a host was
  std::filesystem::path state_dir;  // with `link`
};
// What is wrong is printed; the exit code comes back.
[[nodiscard]] std::expected<S7Target, int> s7_target(const Context& context, const S7Options& options);

// A host that is a configured link's is that link: no way around "refused unless running".
void find_link_behind(const Context& context, const S7Options& options, S7Target& target);

// "250ms", "1s", "10m", "2h"; at least 1 ms, at most a week.
[[nodiscard]] std::optional<std::chrono::milliseconds> period(const std::string& text);
[[nodiscard]] nlohmann::ordered_json value_json(const PlcValue& value);
// How a bit was written that the PLC does not take as one.
[[nodiscard]] std::string by_whole_byte(const PlcBitWritten& written);
// Prints the error; 2 for a wrong question, 3 when nobody answers, 4 for a no.
[[nodiscard]] int failed(const PlcError& error);

}  // namespace standstill::app
