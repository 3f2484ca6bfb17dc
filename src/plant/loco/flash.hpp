// What the engine keeps in its flash, and where.
#pragma once

#include "kernel/flash.hpp"

namespace standstill::loco {

using standstill::Flash;
using standstill::is_erased;

enum FlashUse : std::size_t { cv_main, cv_spare, log_first, log_second, sectors_used };

}  // namespace standstill::loco
