#pragma once

namespace standstill {
inline constexpr const char* version = "0.1.0";  // as in CMakeLists.txt; a test compares them
}
