// Numbers by which tests/support/announcer.cpp makes visible to a tracer what needs no system call.
#pragma once

#include <string_view>

namespace standstill::test {

// Far above every number a kernel knows: it answers ENOSYS and does nothing.
enum class Announced : long { allocates = 1'000'001, frees, locks, formats };

[[nodiscard]] constexpr std::string_view announced(long number) {
  switch (static_cast<Announced>(number)) {
    case Announced::allocates:
      return "(allocates)";
    case Announced::frees:
      return "(frees)";
    case Announced::locks:
      return "(locks)";
    case Announced::formats:
      return "(formats)";
  }
  return {};
}

}  // namespace standstill::test
