// Declares `s7 …` and `sim plc` to the parser. Internal to declare.cpp.
#pragma once

#include "app/declare.hpp"

namespace standstill::app {

void declare_s7(CLI::App& tool, Context& context, Chosen& chosen);
void declare_sim_plc(CLI::App& sim, Chosen& chosen);

}  // namespace standstill::app
