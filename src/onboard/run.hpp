// `standstill loco`: this machine is an engine's controller.
#pragma once

#include <string>

#include "config/loco_settings.hpp"

namespace standstill::onboard {

// Exit code: 0 ended by a signal; 1 the loop died or stood still; 2 with the reason when it cannot start.
[[nodiscard]] int run(const config::Loco& settings, const std::string& state_dir);

}  // namespace standstill::onboard
