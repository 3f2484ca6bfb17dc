// The manual page, from the tree, so that it cannot lag behind it.
#pragma once

#include <string>

#include "app/command_tree.hpp"

namespace standstill::app {

// In the man macros (man(7)) of standstill(1).
[[nodiscard]] std::string man_page(const CommandNode& root, const std::string& version);

}  // namespace standstill::app
