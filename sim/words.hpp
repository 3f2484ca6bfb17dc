// What the words of a control command mean; shared by the simulated peers.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "kernel/time.hpp"
#include "sim/control.hpp"

namespace standstill::sim {

// The whole number in words[at]; empty when there is none or it is outside least…most.
[[nodiscard]] std::optional<int> number(const Words& words, std::size_t at, int least, int most);

// Commands that take exactly "on" or "off", or a number of milliseconds (0 to 600000).
[[nodiscard]] Commands::Run on_off(std::function<void(bool)> apply);
[[nodiscard]] Commands::Run milliseconds(std::function<void(Duration)> apply);

}  // namespace standstill::sim
