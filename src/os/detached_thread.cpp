#include "os/detached_thread.hpp"

#include <sched.h>

#include <csignal>
#include <memory>
#include <utility>

namespace standstill::os {

namespace {
constexpr std::size_t stack_bytes = 256 * 1024;

void* run_job(void* argument) {
  const std::unique_ptr<std::function<void()>> job(static_cast<std::function<void()>*>(argument));
  (*job)();
  return nullptr;
}
}  // namespace

int start_ordinary_thread(pthread_t& thread, std::size_t stack_size, bool detached, void* (*body)(void*),
                          void* argument) {
  pthread_attr_t attributes;
  if (const int error = pthread_attr_init(&attributes); error != 0) return error;
  const sched_param ordinary{};
  if (detached) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  pthread_attr_setschedparam(&attributes, &ordinary);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits it
  const int error = pthread_create(&thread, &attributes, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

bool spawn_detached(std::function<void()> job) {
  auto owned = std::make_unique<std::function<void()>>(std::move(job));
  pthread_t thread{};
  const bool made = start_ordinary_thread(thread, stack_bytes, true, run_job, owned.get()) == 0;
  if (made) static_cast<void>(owned.release());
  return made;
}

}  // namespace standstill::os
