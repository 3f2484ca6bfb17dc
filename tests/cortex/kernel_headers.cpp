// Compiled, not run: the whole kernel for a Cortex-M3, without exceptions, RTTI or an operating system.
//   arm-none-eabi-g++ -std=c++23 -mcpu=cortex-m3 -mthumb -fno-exceptions -fno-rtti -Wall -Wextra -Werror
//   -Isrc -c
// Everything is used through volatile inputs, so that the compiler must make real code of it.
#include "kernel/backoff.hpp"
#include "kernel/breaker.hpp"
#include "kernel/cause.hpp"
#include "kernel/format.hpp"
#include "kernel/latch.hpp"
#include "kernel/permit.hpp"
#include "kernel/stages.hpp"
#include "kernel/standing.hpp"
#include "kernel/text.hpp"
#include "kernel/time.hpp"
#include "kernel/watch_demand.hpp"
#include "kernel/watch_finding.hpp"
#include "kernel/watch_frozen.hpp"
#include "kernel/watch_health.hpp"
#include "kernel/watch_limit.hpp"
#include "kernel/watch_remote.hpp"
#include "kernel/watch_sample.hpp"
#include "kernel/watch_silence.hpp"
#include "kernel/watchdog.hpp"

namespace {

using namespace standstill;

volatile std::int64_t clock_ns = 0;
volatile double adc = 0.0;
volatile std::uint8_t pin = 0;
volatile std::uint32_t commanded = 0;

Instant now() { return instant_from_ns(clock_ns); }

// What a locomotive's firmware keeps for its whole life; nothing of it allocates.
LimitWatch limit{LimitSettings{.tag = "boiler.pressure", .unit = "bar", .high = 3.0, .low = 0.1}};
FrozenWatch frozen{FrozenSettings{"boiler.counter", 1000ms}};
SilenceWatch silence{SilenceSettings{"dcc", true}};
HealthWatch health{HealthSettings{"free memory", CauseCode::memory_low, 1s}};
DemandWatch demand{DemandSettings{.button = "red-button", .two_channels = true}};
RemoteWatch<16> remote;
Latch<8> latch;
Stages stages;
PermitJudge permit{500ms, 0};
LoopGap gap{100ms};
Backoff backoff;
Breaker breaker;
JitterSource jitter{1};

void report(SourceIndex index, const Verdict& verdict, Instant time) {
  Cause cause;
  cause.code = verdict.code;
  cause.source = name(verdict.code);
  cause.detail = verdict.detail;
  cause.at = time;
  (void)latch.report(index, verdict.standing, cause);
}

}  // namespace

extern "C" int main() {
  latch.boot(nullptr, now(), 0);
  const std::array plan{Stage{0ms, Stage::Act::send, 0}, Stage{500ms, Stage::Act::output, 0}};
  if (const auto made = Stages::make(plan, 2)) stages = *made;
  const Instant tripped_at = now();
  for (;;) {
    const Instant time = now();
    const Sample sample{adc, static_cast<SampleQuality>(pin), time};
    const auto contact = static_cast<Contact>(pin);
    report(0, limit.update(time, sample), time);
    report(1, frozen.update(time, sample), time);
    report(2, silence.update(time, static_cast<LinkStanding>(pin)), time);
    report(3, health.update(time, static_cast<Health>(pin)), time);
    report(4, demand.update(time, {contact, contact, false}), time);
    report(5, remote.update(time, {static_cast<RemoteMessage::Kind>(pin), pin, pin, {}, ""}), time);
    Instant next = limit.deadline();
    for (const Instant other : {frozen.deadline(), silence.deadline(), health.deadline(), demand.deadline(),
                                remote.deadline(), permit.deadline()})
      next = std::min(next, other);
    if (!permit.accept({pin, time, 0}, time) || !permit.fresh(time) || gap.turn(time) > 0ms)
      (void)latch.stop(6, {CauseCode::supervisor_lost, false, "guard", "no permit", time, 0});
    if (breaker.open(time)) breaker.failed(next + backoff.next(jitter.next()));
    (void)latch.acknowledge(latch.epoch());
    (void)latch.reset(latch.epoch(), time);
    (void)latch.start(latch.epoch(), time, Refusal::none);
    commanded = stages.due(tripped_at, time).outputs;
  }
}
