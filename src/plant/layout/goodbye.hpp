// Tells a server's proper shutdown from its crash.
//
// Source: measured on a server of 2014. A proper shutdown announces <sys cmd="shutdown"/>, says "Saving
// plan…", "Plan file saved." and "Shutting down because of …", and ends the connection 0.3 to 1.0 s after the
// announcement. A server in console mode announces the same, then says that it needs a key to be pressed, and
// keeps serving: when it is killed later, that is a crash. Doubt counts as a crash.
#pragma once

#include <string_view>

#include "kernel/time.hpp"

namespace standstill::layout {

class Goodbye {
 public:
  // The connection must end this long after the last step of the goodbye, else it was none.
  static constexpr Duration end_within = 5s;
  // Other traffic may still overlap with the shutdown this long after its last step; later it withdraws the
  // goodbye.
  static constexpr Duration overlap = 1500ms;

  // Every message, in order of arrival; `root` is the name of its element.
  void message(std::string_view root, std::string_view body, Instant now);
  [[nodiscard]] bool stands(Instant now) const { return announced_ && now - last_step_ <= end_within; }
  void reset() { *this = Goodbye{}; }

 private:
  bool announced_ = false;
  Instant last_step_{};
};

}  // namespace standstill::layout
