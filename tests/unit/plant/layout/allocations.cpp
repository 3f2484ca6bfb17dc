#include "unit/plant/layout/allocations.hpp"

#include <cstdlib>
#include <new>

namespace standstill::counted {
std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes{0};
}  // namespace standstill::counted

void* operator new(std::size_t size) {
  ++standstill::counted::allocations;
  standstill::counted::bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
