// A thread for work that must never compete with the chain: ordinary scheduling, a small stack, no signals.
//
// The supervisor may run its loop in real time with locked memory. A plain std::thread made from that loop
// would inherit the real-time class (and starve the loop behind a TLS handshake), and with MCL_FUTURE its 8
// MiB stack would be locked into memory. This one asks for the ordinary class and for 512 KiB. Errors: the
// constructor throws std::system_error when the system has no thread left (start-up only).
#pragma once

#include <pthread.h>

#include <functional>

namespace standstill::tell {

class BackgroundThread {
 public:
  BackgroundThread() = default;
  // `name` appears in `top -H`, at most 15 bytes.
  BackgroundThread(const char* name, std::function<void()> body);
  BackgroundThread(BackgroundThread&& other) noexcept;
  BackgroundThread& operator=(BackgroundThread&& other) noexcept;
  ~BackgroundThread() { join(); }

  void join();

 private:
  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace standstill::tell
