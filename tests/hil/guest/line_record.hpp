// The kernel's own record of what was done to GPIO lines: the trace event gpio_value, stamped with the boot
// clock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hil/guest/sim_chip.hpp"

namespace standstill::hil {

struct LineChange {
  std::int64_t at_us;  // boot clock
  int line;
  bool high;
};

class LineRecord {
 public:
  explicit LineRecord(const SimChip& chip);
  ~LineRecord();
  LineRecord(const LineRecord&) = delete;
  LineRecord& operator=(const LineRecord&) = delete;

  void clear();
  // Every level that was written since clear(), in order; also those that changed nothing.
  [[nodiscard]] std::vector<LineChange> changes() const;
  // Of one line, only its real changes, where `before` is its level at clear().
  [[nodiscard]] std::vector<LineChange> changes_of(int line, bool before) const;

 private:
  int base_;
};

[[nodiscard]] std::int64_t boot_us();

}  // namespace standstill::hil
