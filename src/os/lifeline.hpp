// Learning of another process's death within microseconds: a robust mutex in shared memory.
//
// The owner locks it for life. The kernel walks the dying process's robust list before it frees its memory,
// so waiters wake no later for a process of 200 MB than for one of 2 MB (an end of file comes only after the
// memory is freed).
#pragma once

#include <pthread.h>

#include "os/futex.hpp"

namespace standstill::os {

struct Lifeline {
  pthread_mutex_t mutex;
  FutexWord held;  // 1 once its owner has locked it; stays 1 when that owner dies
};

// Prepares the memory; call once, before anybody else maps it or after everybody has let go.
void lifeline_prepare(Lifeline& line);

// Holds the line from the calling thread, which must live as long as the process means to be alive.
// False when another living process holds it.
[[nodiscard]] bool lifeline_hold(Lifeline& line);

// Lets go in good order: waiters see `released`, not `died`.
void lifeline_release(Lifeline& line);

enum class LifelineEnd { died, released };

// Blocks until somebody holds the line (or held it and died).
void lifeline_await_owner(const Lifeline& line);

// Blocks until the owner is gone. The caller then owns nothing. Any number of processes and threads may wait;
// each comes to the same answer.
[[nodiscard]] LifelineEnd lifeline_wait(Lifeline& line);

// Forgets an owner that died, so that the line can have another. For the only waiter of a line.
void lifeline_bury(Lifeline& line);

}  // namespace standstill::os
