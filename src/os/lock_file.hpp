// One guard and one supervisor a state_dir: a lock file whose holder's process id the second one can name.
#pragma once

#include <expected>
#include <string>

#include "os/fd.hpp"

namespace standstill::os {

// Holds `path` until the descriptor is closed. The error names the process that holds it.
[[nodiscard]] std::expected<Fd, std::string> take_lock(const std::string& path, const char* program);

}  // namespace standstill::os
