// A thread for one call that cannot be interrupted (a name lookup, opening a device) and that nobody waits
// for.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>

namespace standstill::os {

// A thread of ordinary priority with all signals blocked, whatever its maker's are: the maker may be real
// time, and signals belong to the thread that waits for them. 0, or pthread_create's error.
[[nodiscard]] int start_ordinary_thread(pthread_t& thread, std::size_t stack_bytes, bool detached,
                                        void* (*body)(void*), void* argument);

// On a start_ordinary_thread() with a small stack (the caller's memory may be locked).
// What the job uses must be its own: it may outlive whoever started it. False when the system gives no
// thread.
[[nodiscard]] bool spawn_detached(std::function<void()> job);

}  // namespace standstill::os
