// Preloaded into a traced program: what needs no system call announces itself by one that no kernel knows, so
// that a tracer sees every allocation, lock and formatting in its place among the real calls. Nothing else
// changes.
#include "support/announcer.hpp"

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>

namespace {

using standstill::test::Announced;

void announce(Announced what) {
  const int kept = errno;
  ::syscall(static_cast<long>(what));
  errno = kept;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

// The C library's own names of its allocator: looking them up would allocate.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t bytes) {
  announce(Announced::allocates);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
  announce(Announced::allocates);
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, std::size_t bytes) {
  announce(Announced::allocates);
  return __libc_realloc(old, bytes);
}
void free(void* old) {
  if (old != nullptr) announce(Announced::frees);
  __libc_free(old);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static auto* const real = next<int(pthread_mutex_t*)>("pthread_mutex_lock");
  announce(Announced::locks);
  return real(mutex);
}

int vsnprintf(char* into, std::size_t size, const char* format, va_list arguments) {
  static auto* const real = next<int(char*, std::size_t, const char*, va_list)>("vsnprintf");
  announce(Announced::formats);
  return real(into, size, format, arguments);
}
int snprintf(char* into, std::size_t size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(into, size, format, arguments);
  va_end(arguments);
  return length;
}
int vfprintf(FILE* file, const char* format, va_list arguments) {
  static auto* const real = next<int(FILE*, const char*, va_list)>("vfprintf");
  announce(Announced::formats);
  return real(file, format, arguments);
}
int fprintf(FILE* file, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = vfprintf(file, format, arguments);
  va_end(arguments);
  return length;
}

}  // extern "C"
