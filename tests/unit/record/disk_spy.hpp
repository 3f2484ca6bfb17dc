// Sees every fsync and rename this test program makes, its libraries included, by standing in for the C
// library's functions. A kill cannot show a missing fsync (the kernel keeps the pages); this can.
#pragma once

#include <string>
#include <vector>

namespace standstill::test {

class DiskSpy {  // one at a time
 public:
  DiskSpy();
  ~DiskSpy();
  [[nodiscard]] std::vector<std::string> calls()
      const;  // "fsync NAME", "fdatasync NAME", "rename NAME": last component
  [[nodiscard]] std::size_t count(const std::string& call) const;
  void fail_sync(int code);  // every fsync and fdatasync from now on; 0: none
};

}  // namespace standstill::test
