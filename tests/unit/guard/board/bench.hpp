// An external guard on the bench: two relays that follow their coils, a button, a host with a permit to give,
// and simulated time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "guard/board/external_guard.hpp"
#include "sim/loco/flash.hpp"

namespace standstill::guard::test {

struct Bench {
  explicit Bench() { boot(); }

  sim::loco::MemoryFlash flash;
  std::unique_ptr<ExternalGuard> board;
  Instant now{};
  Instant boot_at{};  // of the world; the board's time begins at power-up
  // Relays and button as they are.
  std::array<bool, 2> welded{}, stuck{};
  bool button_closed = true;
  std::array<bool, 2> closed{};
  // The host.
  bool cable = true, supervisor = true;
  permit::Want want = permit::Want::trip;
  std::uint32_t host = 5;
  std::uint64_t plan_hash = 0xABCD, sequence = 100;
  std::uint16_t timeout_ms = 500;
  std::optional<Epoch> epoch;  // another one than the board's
  std::optional<std::int64_t> sent_ns;
  std::optional<permit::BoardStatus> heard, bound;
  permit::SerialReader<permit::BoardStatus::size> reader;
  std::vector<permit::Order> sent;
  int pump_edges = 0;
  bool pump = false;

  void boot() {
    board = std::make_unique<ExternalGuard>(flash);
    now = instant_from_ns(1'000'000);
    board->boot(now);
    closed = welded;
  }

  [[nodiscard]] bool energised() const { return closed[0] && closed[1]; }

  void give(const permit::Order& order) {
    for (const std::uint8_t byte : permit::framed(packed(order))) board->hear(byte, now);
  }
  // A permit belongs to the status that was the newest when it was made, also when it is said again.
  [[nodiscard]] permit::Order order() {
    permit::Order made;
    if (supervisor || !bound) bound = heard;
    made.want = want;
    made.epoch = epoch.value_or(heard->epoch);
    made.host = host;
    made.session = bound->session;
    made.heard_us = bound->now_us;
    made.sequence = supervisor ? ++sequence : sequence;
    made.sent_ns = sent_ns.value_or(static_cast<std::int64_t>(made.sequence) * 1'000'000);
    made.plan_hash = plan_hash;
    made.timeout_ms = timeout_ms;
    return made;
  }

  void turn() {
    now += ExternalGuard::cycle;
    board->begin(now);
    if (heard && cable) {
      sent.push_back(order());
      give(sent.back());
      heard.reset();
    }
    const auto& outputs = board->decide(now, {button_closed, closed});
    for (std::size_t i = 0; i < 2; ++i) closed[i] = welded[i] || (outputs.closed && !stuck[i]);
    if (outputs.pump != pump) ++pump_edges;
    pump = outputs.pump;
    board->finish();
    if (const auto bytes = board->status(now))
      for (const std::uint8_t byte : *bytes)
        if (reader.take(byte)) heard = last = permit::status_in(reader.payload());
  }
  std::optional<permit::BoardStatus> last;

  void run_for(Duration time) {
    for (const Instant end = now + time; now < end;) turn();
  }
  void to_running() {
    want = permit::Want::release;
    run_for(300ms);
    want = permit::Want::run;
    run_for(300ms);
  }
};

}  // namespace standstill::guard::test
