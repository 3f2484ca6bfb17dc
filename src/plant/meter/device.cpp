#include "plant/meter/device.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace standstill::meter {

using link::Quality;
using link::State;
using modbus::Outcome;

namespace {
constexpr Duration common_beat = 10ms;  // half of the shortest poll
}

Device::Device(DeviceSettings settings, link::TagTable& tags, std::function<std::int64_t()> wall_ns,
               Listener listener, std::uint32_t jitter_seed)
    : settings_(std::move(settings)),
      tags_(tags),
      wall_ns_(std::move(wall_ns)),
      listener_(std::move(listener)),
      jitter_(jitter_seed),
      backoff_(settings_.timing.reconnect),
      breaker_(settings_.timing.breaker) {
  status_.id = settings_.id;
  status_.kind = settings_.kind;
  status_.critical = settings_.critical;
  const auto& registers = settings_.profile.registers;
  for (const Register& reg : registers) tags_of_.push_back(tags_.declare(settings_.id, reg.name, reg.unit));
  wanted_.assign(registers.size(), true);
  highest_.assign(registers.size(), std::numeric_limits<double>::quiet_NaN());
  backwards_.assign(registers.size(), false);
  plan_ = plan_blocks(settings_.profile, wanted_);
}

// ---- its course
// --------------------------------------------------------------------------------------------------

void Device::become(State state, std::string_view why, Instant now) {
  const State previous = status_.state;
  if (previous == state) return;
  status_.state = state;
  status_.since = now;
  status_.since_wall_ns = wall_ns_();
  if (state == State::online) {
    status_.attempts = 0;
    status_.was_online = true;
    if (online_ended_ != Instant{}) status_.outage += now - std::exchange(online_ended_, Instant{});
  } else if (previous == State::online) {
    ++status_.disconnects;
    online_ended_ = now;
  }
  if (listener_.changed) listener_.changed(status_, previous, why);
  if (state == State::lost || state == State::suspended) status_.last_error = why;
}

link::Status Device::status_at(Instant now) const {
  link::Status copy = status_;
  copy.next_dial = phase_ == Phase::waiting ? retry_at_ : never;
  if (online_ended_ != Instant{}) copy.outage += now - online_ended_;
  copy.faults = {{"crc", corrupt_count_}, {"time_out", time_out_count_}, {"exception", exception_count_}};
  return copy;
}

void Device::count_dial() {
  ++status_.attempts;
  ++status_.dials;
}

void Device::bus_state(State state, std::string_view why, Instant now) {
  // A dial of the line is one of each of its devices, also one in vain. The first one changes no state.
  const bool first_in_vain = !dial_counted_ && status_.state == State::dialing && state != State::dialing &&
                             state != State::probing && state != State::online;
  if (state == State::dialing || first_in_vain) count_dial();
  if (state == State::dialing) dial_counted_ = true;
  if (state == State::online) return;  // the bus is; whether this device is, its own answers say
  if (state == State::probing) return;
  if (state == State::silent && status_.state != State::online) return;  // this one is lost already
  phase_ = Phase::away;
  in_flight_ = again_ = cycle_open_ = false;
  queue_.clear();
  become(state, why, now);
}

void Device::bus_opened(const std::string& path, Instant now) {
  path_ = path;
  status_.peer = path;
  phase_ = Phase::asking;
  step_ = Step::probe;
  asking_until_ = never;
  failures_ = 0;
  in_flight_ = again_ = cycle_open_ = probe_wanted_ = false;
  queue_.clear();
  backoff_.reset();
  breaker_.close();
  if (!std::exchange(dial_counted_, false)) count_dial();
  // A register that was refused may be there now: the device may be another one, or have been updated.
  wanted_.assign(wanted_.size(), true);
  plan_ = plan_blocks(settings_.profile, wanted_);
  become(State::probing, "connected", now);
}

void Device::lose(std::string_view why, Instant now) {
  const std::string reason(why);
  if (phase_ == Phase::online) become(State::silent, reason, now);
  in_flight_ = again_ = cycle_open_ = probe_wanted_ = false;
  queue_.clear();
  failures_ = 0;
  status_.last_error = reason;
  wait_for_next(now);
  become(breaker_.open(now) ? State::suspended : State::lost, reason, now);
}

void Device::wait_for_next(Instant now) {
  if (phase_ != Phase::online) breaker_.failed(now);
  phase_ = Phase::waiting;
  retry_at_ = now + backoff_.next(jitter_.next());
  if (breaker_.open(now)) retry_at_ = std::max(retry_at_, breaker_.until());
}

void Device::enter_online(Instant now) {
  phase_ = Phase::online;
  step_ = Step::values;
  backoff_.reset();
  breaker_.close();
  status_.last_error.clear();
  status_.last_heard = now;
  become(State::online, "online", now);
  // Its beats are common ones: a machine with thousands of devices wakes up for many at a time.
  cycle_at_ = now - now.time_since_epoch() % common_beat;
}

void Device::tick(Instant now) {
  if (now >= verdict_at())
    lose("no answer to a probe within " + std::to_string(to_ms(settings_.timing.silence)) + " ms", now);
  if (status_.state != State::online) return;
  const Duration old = 3 * settings_.poll + settings_.time_out * (settings_.retries + 1);
  for (const auto id : tags_of_) {
    const link::Tag& tag = tags_.get(id);
    if (tag.quality == Quality::good && now - tag.at > old)
      tags_.set(id, tag.value, Quality::stale, tag.at, tag.wall_ns);
  }
}

Instant Device::verdict_at() const {
  return phase_ == Phase::online ? status_.last_heard + settings_.timing.probe + settings_.timing.silence
                                 : never;
}

Instant Device::due_at() const {
  if (phase_ == Phase::away || in_flight_) return never;
  if (phase_ == Phase::waiting) return retry_at_;
  if (phase_ == Phase::asking || !queue_.empty() || again_ || probe_wanted_) return Instant{};
  return std::min(cycle_at_, status_.last_heard + settings_.timing.probe);
}

// ---- what is asked next
// --------------------------------------------------------------------------------------------

modbus::Request Device::ask(const Question& question) const {
  return modbus::read_request(settings_.unit, static_cast<modbus::Function>(question.function),
                              question.address, question.count);
}

modbus::Request Device::ask(const Block& block) const {
  return ask(Question{block.function, block.address, block.count});
}

std::optional<Device::Wanted> Device::next(const modbus::Client& client, Instant now,
                                           Instant lost_not_before) {
  if (in_flight_) return std::nullopt;
  if (phase_ == Phase::waiting) {
    if (now < retry_at_ || now < lost_not_before) return std::nullopt;
    step_ = Step::probe;
    ++status_.attempts;
    ++status_.dials;
    const auto request = ask(settings_.profile.probe);
    if (!client.may_send(request, now)) return std::nullopt;
    in_flight_ = true;
    return Wanted{request, false};
  }
  if (phase_ == Phase::asking) {
    const bool serial = step_ == Step::serial && settings_.profile.serial;
    const auto request = ask(serial ? *settings_.profile.serial : settings_.profile.probe);
    if (!client.may_send(request, now)) return std::nullopt;
    in_flight_ = true;
    return Wanted{request, again_};
  }
  if (phase_ != Phase::online) return std::nullopt;
  begin_cycle(now);
  if (auto wanted = next_values(client, now)) return wanted;
  if (!probe_wanted_ && now - status_.last_heard < settings_.timing.probe) return std::nullopt;
  const auto request = ask(settings_.profile.probe);
  if (!client.may_send(request, now)) return std::nullopt;
  probe_wanted_ = false;
  step_ = Step::alive;
  in_flight_ = true;
  return Wanted{request, again_};
}

void Device::begin_cycle(Instant now) {
  if (!queue_.empty() || now < cycle_at_) return;
  queue_.assign(plan_.begin(), plan_.end());
  cycle_open_ = true;
  // A cycle that took longer than its time is not caught up with: the next one begins on the beat.
  cycle_at_ += settings_.poll * std::max<std::int64_t>(1, (now - cycle_at_) / settings_.poll + 1);
  if (queue_.empty()) cycle_done();
}

std::optional<Device::Wanted> Device::next_values(const modbus::Client& client, Instant now) {
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const auto request = ask(queue_[i]);
    const bool repeating = again_ && i == 0;
    bool free = client.may_send(request, now) && (repeating || !client.still_expected(request, now));
    if (!free && !repeating) {
      // An answer to this block is still missing, or one that looks like it. The same values in requests of
      // another length cannot be mistaken.
      for (auto length = static_cast<std::uint16_t>(queue_[i].count - 1); length > queue_[i].count / 2;
           --length) {
        const auto parts = overlap(settings_.profile, queue_[i], length);
        if (!parts) continue;
        const auto first = ask(parts->first);
        if (!client.may_send(first, now) || client.still_expected(first, now)) continue;
        queue_[i] = parts->second;
        queue_.insert(queue_.begin(), parts->first);
        step_ = Step::values;
        in_flight_ = true;
        return Wanted{first, false};
      }
      continue;
    }
    if (!free) continue;
    std::swap(queue_[0], queue_[i]);
    step_ = Step::values;
    in_flight_ = true;
    return Wanted{ask(queue_[0]), repeating};
  }
  return std::nullopt;
}

}  // namespace standstill::meter
