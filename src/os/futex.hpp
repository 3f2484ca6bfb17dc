// Waiting on a word of shared memory, across processes. Allocates nothing, locks nothing.
#pragma once

#include <atomic>
#include <cstdint>

#include "kernel/time.hpp"

namespace standstill::os {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(FutexWord::is_always_lock_free && sizeof(FutexWord) == 4);

// Sleeps while `word` holds `seen`, at most until `until` (boot time; `never` for ever). Spurious returns
// happen.
void futex_wait(const FutexWord& word, std::uint32_t seen, Instant until);

// Wakes every waiter of every process.
void futex_wake_all(const FutexWord& word);

}  // namespace standstill::os
