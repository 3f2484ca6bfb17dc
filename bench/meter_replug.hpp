// From the moment an unplugged adapter is back to the first good sample: our link, and beside it a program
// that reads with libmodbus and waits out a blind back-off of 2 s × 1.5, at most 60 s. Both see the same
// outages.
#pragma once

#include "bench/sample.hpp"

namespace standstill::bench {

// Takes as long as the longest outage and the back-off that it brings about.
void replug(Samples& ours, Samples& blind);

}  // namespace standstill::bench
