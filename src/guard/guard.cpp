#include "guard/guard.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <ctime>

#include "os/clock.hpp"
#include "os/random.hpp"
#include "os/unix_socket.hpp"

namespace standstill::guard {

volatile int end_requested = 0;

namespace {

// How long the machine has slept since boot: the boot clock counts it, the monotonic clock does not.
Duration time_in_suspend() {
  timespec monotonic{};
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  return os::now().time_since_epoch() -
         (std::chrono::seconds(monotonic.tv_sec) + std::chrono::nanoseconds(monotonic.tv_nsec));
}

std::optional<LatchRecord> record_of(const LatchStore& store) { return store.found(); }

}  // namespace

std::expected<Foundations, std::string> lay_foundations(const GuardOptions& options) {
  Foundations base;
  auto inner = os::SharedMemory::create("standstill-inner", sizeof(pages::InnerPage));
  if (!inner) return std::unexpected(inner.error());
  auto cuts = os::SharedMemory::create("standstill-cut", sizeof(pages::CutPage));
  if (!cuts) return std::unexpected(cuts.error());
  base.inner = std::move(*inner);
  base.cuts = std::move(*cuts);
  auto& page = *base.inner.as<pages::InnerPage>();
  page.magic_number = pages::magic;
  page.guard_pid.store(static_cast<std::uint32_t>(::getpid()));
  os::lifeline_prepare(page.guard);
  base.cuts.as<pages::CutPage>()->magic_number = pages::magic;
  os::lifeline_prepare(base.cuts.as<pages::CutPage>()->supervisor);
  if (auto loaded = plan::load((options.state_dir + "/plan").c_str(), page.plan); !loaded)
    return std::unexpected(loaded.error());
  base.plan_hash = plan::hash(page.plan);

  base.notify.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  auto port = SupervisorPort::open(options.state_dir + "/guard.sock");
  if (!port) return std::unexpected(port.error());
  base.port.emplace(std::move(*port));
  auto stops = os::bind_datagram(options.state_dir + "/stop.sock", 0666);
  if (!stops) return std::unexpected(stops.error());
  base.stop_socket = std::move(*stops);
  return base;
}

Guard::Guard(const GuardOptions& options, Foundations foundations, bool realtime, bool memory_locked)
    : options_(options),
      base_(std::move(foundations)),
      inner_(*base_.inner.as<pages::InnerPage>()),
      cuts_(*base_.cuts.as<pages::CutPage>()),
      plan_(inner_.plan),
      realtime_(realtime),
      memory_locked_(memory_locked),
      latch_(std::chrono::milliseconds(plan_.settle_ms)),
      store_(options.state_dir + "/latch"),
      outputs_(plan_, cuts_, inner_, [this](const OutputChange& change) { on_output(change); }),
      demands_(plan_, [this](SourceIndex source, const Finding& finding,
                             const DemandWatch& watch) { on_demand(source, finding, watch); }),
      cutters_(options.cutter_program, base_.inner, base_.cuts, base_.notify.get()),
      watchdogs_(plan_, {.standing = [this](std::size_t output, Standing standing,
                                            const CauseDetail& why) { on_watchdog(output, standing, why); },
                         .withheld = [this](std::size_t output, Withheld withheld,
                                            std::int64_t ms) { on_withheld(output, withheld, ms); }}),
      boot_note_(options.state_dir + "/watchdog", kernel_boot_id()),
      supervisor_watch_(cuts_, outputs_.cut_without_sends(), plan_.output_count, base_.notify.get()),
      permits_(std::chrono::milliseconds(plan_.permit_timeout_ms), base_.plan_hash),
      gap_(std::chrono::milliseconds(plan_.heartbeat_timeout_ms)),
      suspended_(time_in_suspend()) {
  boot_nonce_ = std::bit_cast<std::uint64_t>(os::random_bytes<sizeof boot_nonce_>());
  latch_.use(plan_.source_count);
}

Guard::End Guard::run() {
  Instant now = os::now();
  if (!os::lifeline_hold(inner_.guard)) return End::finished;
  inner_.guard_beat_ns.store(to_ns(now));
  outputs_.acquire_lines(now);  // with their safe levels, before anything else can take time
  outputs_.cut_all(now);
  const auto record = record_of(store_);
  const bool tripped = latch_.boot(record ? &*record : nullptr, now, os::wall_ns());
  trip_of_boot_ = tripped;
  // These stand for themselves; everything else is unknown until somebody reports it.
  latch_.report(plan::guard_source, Standing::clear, {.at = now});
  latch_.report(plan::operator_source, Standing::clear, {.at = now});
  event(permit::EventKind::guard_started, "guard", realtime_ ? "in real time" : "without real time",
        ::getpid());
  if (tripped) event(permit::EventKind::trip, latch_.first_out());
  if (!store_.trouble().empty()) {
    std::fprintf(stderr, "standstill-guard: %s; nothing can be started until this is mended\n",
                 store_.trouble().c_str());
    event(permit::EventKind::latch_not_written, "guard", store_.trouble());
  }
  begin_watchdogs(record && record->state == LatchState::running, now);
  if (!store_.start_writer(base_.notify.get())) return End::finished;
  persist();
  for (;;) {
    now = os::now();
    turn(now);
    if (end_requested != 0 || quit_ || replan_) return finish(os::now());
    wait_for_something(os::now());
  }
}

void Guard::turn(Instant now) {
  // Before anything is read: a queue of old permits must not talk a guard that stood still into going on.
  check_own_gap(now);
  inner_.guard_beat_ns.store(to_ns(now));
  std::uint64_t notified = 0;
  [[maybe_unused]] const auto got = ::read(base_.notify.get(), &notified, sizeof notified);
  demands_.update(now);
  read_stops(now);
  read_supervisor(now);
  watch_supervisor(now);
  watch_cutters(now);
  watch_cuts(now);
  outputs_.update(now);
  outputs_.show(latch_.state(), latch_.acknowledged(), now);
  feed_watchdogs(now);
  for (std::uint16_t sends = outputs_.take_due_sends(), i = 0; sends != 0;
       sends = static_cast<std::uint16_t>(sends >> 1U), ++i)
    if ((sends & 1U) != 0)
      base_.port->send(permit::Type::stage, permit::StageBody{static_cast<std::uint8_t>(i), latch_.epoch()});
  finish_start(now);
  if (now >= retry_lines_at_) {
    retry_lines_at_ = now + 500ms;
    outputs_.acquire_lines(now);
    demands_.acquire_lines();
  }
  if (outputs_.take_lines_changed())
    for (std::size_t i = 0; i < plan_.output_count; ++i)
      if (plan::is_cut_line(plan_.outputs[i].kind) && outputs_.line_fd(i) >= 0)
        cutters_.give_line(i, outputs_.line_fd(i));
  answer_stoppers(now);
  if (dirty_ || now - pushed_at_ >= 1s) push_state(now);
}

void Guard::check_own_gap(Instant now) {
  const Duration gap = gap_.turn(now);
  const Duration suspended = time_in_suspend();
  const bool slept = suspended - suspended_ > 100ms;
  suspended_ = suspended;
  if (slept) {
    cut_first(now);
    stop(plan::guard_source, CauseCode::resumed, "the machine slept and has resumed", now);
  } else if (gap != Duration::zero() && latch_.state() != LatchState::tripped) {
    cut_first(now);
    Sentence why;
    why.text("the guard stood still for ").ms(gap).text(advice_on_standstill());
    stop(plan::guard_source, CauseCode::loop_overrun, CauseDetail(why.view()), now);
  }
}

void Guard::wait_for_something(Instant now) {
  const Duration beat = std::chrono::milliseconds(plan_.heartbeat_timeout_ms) / 4;
  Instant until = now + beat;
  until = std::min({until, outputs_.deadline(), demands_.deadline(), watchdogs_.deadline(),
                    cutters_.next_look(0), cutters_.next_look(1)});
  // A permit that is known to have lapsed is waited for no more: its deadline lies in the past, and a guard
  // that turned without a pause, in real time, could starve the very supervisor whose permit would end that.
  if (base_.port->connected() && latch_.source(plan::supervisor_source).standing != Standing::present)
    until = std::min(until, permits_.deadline());
  std::array<pollfd, 6 + 2 * plan::max_demands + plan::max_outputs> ask{};
  std::size_t count = 0;
  for (const int fd : {base_.notify.get(), base_.stop_socket.get(), base_.port->listener(),
                       base_.port->socket(), cutters_.socket(0), cutters_.socket(1)})
    ask[count++] = {fd, POLLIN, 0};
  for (std::size_t i = 0; i < demands_.count(); ++i)
    for (const int fd : demands_.descriptors(i)) ask[count++] = {fd, POLLIN, 0};
  for (std::size_t i = 0; i < plan_.output_count; ++i)
    if (const int fd = outputs_.board_fd(i); fd >= 0) ask[count++] = {fd, POLLIN, 0};
  const Duration wait = std::max(until - os::now(), Duration::zero());
  const timespec timeout{.tv_sec = wait.count() / 1'000'000'000, .tv_nsec = wait.count() % 1'000'000'000};
  ::ppoll(ask.data(), count, &timeout, nullptr);
  cutters_.forward_descriptors();
  if ((ask[2].revents & POLLIN) != 0) base_.port->accept_one();
}

Guard::End Guard::finish(Instant now) {
  const bool replan = replan_ && !quit_ && end_requested == 0;
  ease(now, replan ? "a new plan is taken up" : "the guard ends in good order");
  inner_.finish.store(1);
  persist();
  push_state(now);
  // The cutters make the slow outputs safe and go; six seconds are longer than they take.
  const Instant deadline = now + 6s;
  while ((!cutters_.both_gone() || store_.tried() < persisted_) && os::now() < deadline) {
    inner_.guard_beat_ns.store(to_ns(os::now()));
    watchdogs_.update(os::now(), Withheld::no);
    timespec nap{.tv_sec = 0, .tv_nsec = 5'000'000};
    ::nanosleep(&nap, nullptr);
  }
  if (watchdogs_.any()) {
    watchdogs_.disarm();
    boot_note_.ended();
  }
  os::lifeline_release(inner_.guard);
  return replan ? End::replan : End::finished;
}

}  // namespace standstill::guard
