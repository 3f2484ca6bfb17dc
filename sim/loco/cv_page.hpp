// docs/configuration-variables.md, written from the table that the firmware validates with.
#pragma once

#include <string>

namespace standstill::sim::loco {

[[nodiscard]] std::string cv_page();

}  // namespace standstill::sim::loco
