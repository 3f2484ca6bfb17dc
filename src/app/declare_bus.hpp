// Declares `bus …` and `sim station` to the parser. Internal to declare.cpp.
#pragma once

#include "app/declare.hpp"

namespace standstill::app {

void declare_bus(CLI::App& tool, Context& context, Chosen& chosen);
void declare_sim_station(CLI::App& sim, Chosen& chosen);

}  // namespace standstill::app
