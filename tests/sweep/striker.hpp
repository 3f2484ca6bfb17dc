// The judge of a tracer: counts the victim's calls and deals one blow where it was ordered.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "support/pty_relay.hpp"
#include "support/tracer.hpp"
#include "sweep/strike.hpp"

namespace standstill::sweep {

class Striker {
 public:
  explicit Striker(std::function<bool()> energised) : energised_(std::move(energised)) {}

  void phase_is(Phase phase) { phase_ = phase; }

  // For every life of the victim but `old` (the process that is about to make room for the next; -1: none).
  void order(const Strike& strike, pid_t old) {
    const std::lock_guard lock(mutex_);
    order_ = strike;
    old_ = old;
    seen_ = 0;
    dealt_ = 0;
    struck_ = false;
    call_.clear();
  }
  void withdraw() {
    const std::lock_guard lock(mutex_);
    order_.reset();
  }
  void survey(Survey* into) {
    const std::lock_guard lock(mutex_);
    survey_ = into;
  }
  [[nodiscard]] bool struck() const { return struck_; }
  [[nodiscard]] bool was_energised() const { return was_energised_; }  // an output, at the blow
  [[nodiscard]] std::uint64_t calls_so_far(pid_t process) const {
    const std::lock_guard lock(mutex_);
    return process == counted_ ? newest_ : 0;
  }
  [[nodiscard]] std::int64_t struck_at() const { return struck_at_; }
  [[nodiscard]] std::string call() const {
    const std::lock_guard lock(mutex_);
    return call_;
  }

  test::Tracer::Deed judge(const test::TracedCall& call) {
    using Deed = test::Tracer::Deed;
    const std::lock_guard lock(mutex_);
    counted_ = call.process.pid;
    newest_ = call.index;
    if (survey_ != nullptr && call.entry && call.index > 0) {
      survey_->calls.push_back(call.number);
      survey_->phases.push_back(phase_);
    }
    if (!order_ || call.process.pid == old_) return {};
    if (order_->error != 0) {
      if (!call.entry || call.number != order_->number || ++seen_ < order_->index) return {};
      if (++dealt_ > order_->burst) return {};
      strike(call);
      return {Deed::What::fail, order_->error};
    }
    if (struck_ || call.index == 0 || call.entry != order_->entry) return {};
    if (order_->phase == Phase::any ? call.index < order_->index
                                    : call.number != order_->number || phase_ != order_->phase)
      return {};
    strike(call);
    return {Deed::What::kill, 0};
  }

 private:
  void strike(const test::TracedCall& call) {
    if (struck_) return;
    call_ = test::Tracer::name(call.number);
    was_energised_ = energised_();
    struck_at_ = test::boot_ns();
    struck_ = true;
  }

  std::function<bool()> energised_;
  mutable std::mutex mutex_;
  std::atomic<Phase> phase_ = Phase::any;
  pid_t old_ = -1, counted_ = -1;
  std::uint64_t newest_ = 0;
  std::atomic<bool> was_energised_ = false;
  std::optional<Strike> order_;
  Survey* survey_ = nullptr;
  std::uint64_t seen_ = 0, dealt_ = 0;
  std::atomic<bool> struck_ = false;
  std::atomic<std::int64_t> struck_at_ = 0;
  std::string call_;
};

}  // namespace standstill::sweep
