// From reset to main on a Cortex-M, and what happens instead of an exception, a heap or a pure virtual call:
// a reset.
#include <cstddef>
#include <cstdint>

#include "firmware/board.hpp"

extern "C" {

extern std::uint32_t data_from[], data_to[], data_load[], bss_from[], bss_to[], stack_from[], stack_to[];
using Constructor = void (*)();
extern Constructor init_from[], init_to[];

int main();

// Painted from here up, to see later how deep the stack was.
constexpr std::uint32_t paint = 0x5AA5C33CU;

[[noreturn]] void reset_now() {
  constexpr std::uintptr_t application_interrupt_and_reset = 0xE000ED0C;  // ARM DDI 0403E and 0419C, B3
  *reinterpret_cast<volatile std::uint32_t*>(application_interrupt_and_reset) = 0x05FA0004;
  for (;;) {
  }
}

[[noreturn]] void reset_handler() {
  const std::uint32_t* from = data_load;
  for (std::uint32_t* to = data_from; to != data_to;) *to++ = *from++;
  for (std::uint32_t* to = bss_from; to != bss_to;) *to++ = 0;
  const auto* here = static_cast<std::uint32_t*>(__builtin_frame_address(0));
  for (std::uint32_t* to = stack_from; to < here - 64;) *to++ = paint;
  for (Constructor* one = init_from; one != init_to; ++one) (*one)();
  main();
  reset_now();
}

// A program whose outputs are pins makes them safe when nothing can be trusted any more.
__attribute__((weak)) void make_safe() {}

// The hardware watchdog's first end: nothing can be trusted any more, the second end resets.
void nmi_handler() {
  make_safe();
  for (;;) {
  }
}
void fault_handler() {
  make_safe();
  reset_now();
}
// A program that lets SysTick run has its own.
__attribute__((weak)) void tick_handler() { reset_now(); }
// The same for the console's bytes, and for what an engine's board has.
__attribute__((weak)) void uart_handler() { reset_now(); }
__attribute__((weak)) void edge_handler() { reset_now(); }
__attribute__((weak)) void converter_handler() { reset_now(); }
__attribute__((weak)) void acknowledge_handler() { reset_now(); }
__attribute__((weak)) void servo_handler() { reset_now(); }

using Vector = void (*)();
__attribute__((section(".vectors"), used)) const Vector vectors[26] = {
    reinterpret_cast<Vector>(stack_to),
    reset_handler,
    nmi_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    fault_handler,
    fault_handler,
    nullptr,
    fault_handler,
    tick_handler,
    uart_handler,  // 0: mps2-an385
    fault_handler,
    uart_handler,  // 2: nRF51
    fault_handler,
    fault_handler,
    fault_handler,
    edge_handler,  // 6 to 9: nRF51
    converter_handler,
    acknowledge_handler,
    servo_handler,
};

// No heap: what asks for one is a mistake that must not run on.
void* _sbrk(std::ptrdiff_t) { reset_now(); }
[[noreturn]] void abort() { reset_now(); }
[[noreturn]] void __cxa_pure_virtual() { reset_now(); }
int __aeabi_atexit(void*, void (*)(void*), void*) { return 0; }  // nothing here ends
void* __dso_handle = nullptr;
}

// What the library would throw; the checks behind it stay.
namespace std {
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) { reset_now(); }
}  // namespace std

void operator delete(void*, std::size_t) noexcept { reset_now(); }
void operator delete(void*) noexcept { reset_now(); }

std::uint32_t standstill::board::free_stack() {
  const std::uint32_t* at = stack_from;
  while (at < stack_to && *at == paint) ++at;
  return static_cast<std::uint32_t>((at - stack_from) * sizeof *at);
}
