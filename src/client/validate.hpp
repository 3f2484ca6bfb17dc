// Options that cannot work, found before anything is dialed.
#pragma once

#include <cstdint>
#include <string>

#include "standstill/layout.hpp"

namespace standstill::client {

// A sentence that names the option and its range; empty when all is well.
[[nodiscard]] std::string what_is_wrong(const std::string& host, std::uint16_t port, const Options& options);

}  // namespace standstill::client
