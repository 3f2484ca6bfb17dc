// Declares `cv …` and `sim loco` to the parser. Internal to declare.cpp.
#pragma once

#include "app/declare.hpp"

namespace standstill::app {

void declare_cv(CLI::App& tool, Context& context, Chosen& chosen);
void declare_sim_loco(CLI::App& sim, Chosen& chosen);

}  // namespace standstill::app
