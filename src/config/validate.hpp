// Holds what was written against the table of keys.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "config/tree.hpp"

namespace standstill::config {

// A copy of `written` in which every key is known, of the right type and in range, and defaults are filled
// in. What is not, is reported and left out; every problem is found, not only the first.
[[nodiscard]] Table validate(const Table& written, const std::string& file, std::vector<Problem>& problems);

// Name → value.
using Environment = std::map<std::string, std::string>;

// Puts STANDSTILL_<SECTION>_<KEY> over the keys that allow it. Empty variables count as not set.
void apply_environment(Table& written, const Environment& environment, std::vector<Problem>& problems);

// "STANDSTILL_GUARD_SETTLE_MS"; empty for a key that cannot be set from the environment.
[[nodiscard]] std::string environment_name(const Key& key);

// "100 to 600000 ms", "at least 0"; empty for a key without a range.
[[nodiscard]] std::string range_text(const Key& key);
// A number as people write it: no trailing zeros.
[[nodiscard]] std::string number_text(double number);

}  // namespace standstill::config
