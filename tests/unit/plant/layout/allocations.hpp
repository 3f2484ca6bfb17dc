// Counts what this test program takes from the heap: cost as a number that no machine's speed changes.
#pragma once

#include <atomic>
#include <cstddef>

namespace standstill::counted {

extern std::atomic<std::size_t> allocations;
extern std::atomic<std::size_t> bytes;

}  // namespace standstill::counted
