// A relay at the far end of a pseudo terminal, and the moment at which it read the first safe command since
// it was armed.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "os/fd.hpp"

namespace standstill::bench {

class Relay {
 public:
  Relay();
  ~Relay();
  [[nodiscard]] const std::string& device() const { return device_; }
  void arm() { heard_ns_ = 0; }
  [[nodiscard]] std::int64_t heard_ns() const { return heard_ns_; }  // boot time; 0: not since arm()
  [[nodiscard]] bool energised() const { return energised_; }

 private:
  void listen();

  os::Fd master_, slave_;
  std::string device_;
  std::atomic<std::int64_t> heard_ns_ = 0;
  std::atomic<bool> energised_ = false, ending_ = false;
  std::thread thread_;
};

}  // namespace standstill::bench
