// A thread for one call that cannot be interrupted (a name lookup, opening a device) and that nobody waits
// for.
#pragma once

#include <functional>

namespace standstill::os {

// Ordinary priority, a small stack, all signals blocked (the caller may be real time, and its memory locked).
// What the job uses must be its own: it may outlive whoever started it. False when the system gives no
// thread.
[[nodiscard]] bool spawn_detached(std::function<void()> job);

}  // namespace standstill::os
