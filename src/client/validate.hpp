// Options that cannot work, found before anything is dialed.
#pragma once

#include <cstdint>
#include <string>

#include "standstill/layout.hpp"
#include "standstill/plc.hpp"

namespace standstill::client {

// A sentence that names the option and its range; empty when all is well.
[[nodiscard]] std::string what_is_wrong(const std::string& host, std::uint16_t port, const Options& options);
[[nodiscard]] std::string what_is_wrong(const std::string& host, const PlcOptions& options);

}  // namespace standstill::client
