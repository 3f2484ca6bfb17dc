// How late a loop of 50 beats a second is: the loop that watches (os::Loop), beside one that only sleeps
// until its next beat.
//
// Both are processes of their own and of the same scheduling class, run at the same time, half a beat apart.
// A beat's time is fixed from the start; one that comes late moves none that follow.
//
// usage: bench_jitter [BEATS] [--only TEXT] [--keep FILE]   (default 1000 a variant)
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <span>

#include "bench/options.hpp"
#include "bench/sample.hpp"
#include "bench/yardstick.hpp"
#include "os/clock.hpp"
#include "os/loop.hpp"
#include "os/realtime.hpp"

namespace {

using namespace standstill;
using namespace standstill::bench;

constexpr Duration beat = 20ms;

struct Variant {
  const char* name;
  bool realtime, loaded;
};

using Late = std::span<double>;  // of every beat, in ns; shared with the process that measures

void beat_in_our_loop(Instant first, Late late) {
  os::Loop loop;
  os::Loop::Timer next;
  std::size_t beats = 0;
  std::function<void()> on_beat = [&] {
    const Instant due = first + static_cast<std::int64_t>(beats) * beat;
    late[beats++] = static_cast<double>((os::now() - due).count());
    if (beats == late.size()) return loop.stop();
    next = loop.at(due + beat, on_beat);
  };
  next = loop.at(first, on_beat);
  loop.run();
}

void beat_asleep(Instant first, Late late) {
  for (std::size_t beats = 0; beats < late.size(); ++beats) {
    const std::int64_t due = to_ns(first + static_cast<std::int64_t>(beats) * beat);
    const timespec until{.tv_sec = due / 1'000'000'000, .tv_nsec = due % 1'000'000'000};
    while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr) != 0) {
    }
    late[beats] = static_cast<double>(to_ns(os::now()) - due);
  }
}

pid_t start(void (*beats)(Instant, Late), Instant first, Late late, bool realtime) {
  const pid_t process = ::fork();
  if (process != 0) return process;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (realtime) become_realtime(os::supervisor_priority);
  beats(first, late);
  ::_exit(0);
}

Row measure(const Variant& variant, std::size_t beats) {
  const std::size_t bytes = 2 * beats * sizeof(double);
  void* shared = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::exit(2);
  const Late ours(static_cast<double*>(shared), beats);
  const Late yardstick(ours.data() + beats, beats);
  const auto load = variant.loaded ? std::make_unique<BusyCores>() : nullptr;
  const Instant first = os::now() + 300ms;
  const pid_t processes[] = {start(beat_in_our_loop, first, ours, variant.realtime),
                             start(beat_asleep, first + beat / 2, yardstick, variant.realtime)};
  for (const pid_t process : processes) ::waitpid(process, nullptr, 0);
  Row row{std::string("50 beats a second: late by, ") + variant.name,
          {ours.begin(), ours.end()},
          {yardstick.begin(), yardstick.end()},
          {}};
  ::munmap(shared, bytes);
  return row;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv, 1000);
  const bool allowed = become_realtime(1);
  become_realtime(0);
  for (const Variant& variant :
       {Variant{"ordinary, idle", false, false}, Variant{"ordinary, both cores loaded", false, true},
        Variant{"real time, idle", true, false}, Variant{"real time, both cores loaded", true, true}}) {
    if (!options.wanted(variant.name)) continue;
    if (variant.realtime && !allowed) {
      std::fprintf(stderr, "bench: %s: not measured, this machine allows no real-time scheduling\n",
                   variant.name);
      continue;
    }
    const Row row = measure(variant, options.samples);
    print(row);
    options.note("jitter", variant.name, row);
  }
}
