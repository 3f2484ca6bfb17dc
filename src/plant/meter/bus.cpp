#include "plant/meter/bus.hpp"

#include <algorithm>
#include <utility>

namespace standstill::meter {

using modbus::Outcome;

namespace {
constexpr std::size_t most_orders = 64;
constexpr Duration look_again = 50ms;  // when what is due may not be sent yet
}  // namespace

Device& Bus::add(std::unique_ptr<Device> device) {
  devices_.push_back(std::move(device));
  awaited_.push_back(0);
  return *devices_.back();
}

void Bus::link_changed(link::State state, std::string_view why, Instant now) {
  for (auto& device : devices_) device->bus_state(state, why, now);
}

bool Bus::order(const modbus::Request& request, Done done) {
  if (!connected_ || orders_.size() >= most_orders) return false;
  orders_.push_back({request, std::move(done)});
  pumped_at_ = {};
  return true;
}

void Bus::connected(Instant now) {
  client_->connected(now);
  connected_ = true;
  proven_ = false;
  last_heard_ = {};
  error_.clear();
  dead_not_before_ = {};
  pumped_at_ = {};
  const std::string path = path_();
  for (auto& device : devices_) device->bus_opened(path, now);
  pump(now);
}

bool Bus::feed(std::span<const std::byte> bytes, Instant now) {
  if (!client_->feed(bytes, now)) {
    error_ = client_->error();
    return false;
  }
  outcomes(now);
  return error_.empty();
}

bool Bus::work(Instant now) {
  outcomes(now);
  pump(now);
  return false;
}

void Bus::tick(Instant now) {
  client_->tick(now);
  outcomes(now);
  for (auto& device : devices_) device->tick(now);
  pump(now);
}

void Bus::outcomes(Instant now) {
  while (const auto outcome = client_->next()) {
    if (outcome->what == Outcome::What::answered || outcome->what == Outcome::What::refused) {
      last_heard_ = now;
      proven_ = true;
    }
    if (const auto asked = std::ranges::find(awaited_, outcome->key); asked != awaited_.end()) {
      *asked = 0;
      Device& device = *devices_[static_cast<std::size_t>(asked - awaited_.begin())];
      if (device.outcome(*outcome, now) == Device::Identity::another) {
        proven_ = false;
        error_ = path_() + " leads to another meter";
      }
      continue;
    }
    const auto order = std::ranges::find(ordered_, outcome->key, &std::pair<std::uint64_t, Done>::first);
    if (order == ordered_.end()) continue;  // of a device that was lost since, and asked anew
    const Done done = std::move(order->second);
    ordered_.erase(order);
    if (done) done(&*outcome);
  }
}

bool Bus::others_online(const Device& device) const {
  return std::ranges::any_of(devices_, [&](const auto& other) {
    return other.get() != &device && other->status().state == link::State::online;
  });
}

bool Bus::send_order(Instant now) {
  const auto free =
      std::ranges::find_if(orders_, [&](const Order& one) { return client_->may_send(one.request, now); });
  if (free == orders_.end()) return false;
  const std::uint64_t key = next_key_++;
  client_->send(free->request, key, now);
  ordered_.emplace_back(key, std::move(free->done));
  orders_.erase(free);
  return true;
}

bool Bus::send_of(std::size_t index, bool alive, Instant now) {
  Device& device = *devices_[index];
  if ((device.status().state == link::State::online) != alive) return false;
  const Instant patience = !alive && others_online(device) ? dead_not_before_ : Instant{};
  const auto wanted = device.next(*client_, now, patience);
  if (!wanted) return false;
  awaited_[index] = next_key_++;
  client_->send(wanted->request, awaited_[index], now);
  if (!alive) dead_not_before_ = now + dead_share * time_out_;
  return true;
}

void Bus::pump(Instant now) {
  if (!connected_) return;
  while (client_->room(now) > 0) {
    bool sent = send_order(now);
    // Those that answer come first, and what does not is asked in what is left; but it is asked, however busy
    // the line is.
    const bool overdue = now >= dead_not_before_ + dead_share * time_out_;
    for (const bool alive : {!overdue, overdue})
      for (std::size_t i = 0; i < devices_.size() && !sent; ++i) {
        const std::size_t index = (turn_ + i) % devices_.size();
        sent = send_of(index, alive, now);
        if (sent) turn_ = index + 1;
      }
    if (!sent) break;
  }
  pumped_at_ = now;
}

void Bus::probe(Instant now) {
  for (auto& device : devices_) device->probe_soon();
  pump(now);
}

Instant Bus::deadline() const {
  if (!connected_) return never;
  Instant next = client_->deadline();
  Instant due = orders_.empty() ? never : Instant{};
  for (const auto& device : devices_) {
    next = std::min(next, device->verdict_at());
    Instant one = device->due_at();
    if (one != never && device->status().state != link::State::online && others_online(*device))
      one = std::max(one, dead_not_before_);
    due = std::min(due, one);
  }
  if (client_->busy() || due == never) return next;
  // What was due at the last look and was not sent waits for the line, or for an answer that may still come.
  const Instant ready = client_->ready_at();
  if (due > pumped_at_) return std::min(next, std::max(due, ready));
  return std::min(next, ready > pumped_at_ ? ready : pumped_at_ + look_again);
}

link::Ending Bus::ended(Instant) {
  connected_ = false;
  drop_orders();
  return link::Ending::crash;
}

void Bus::drop_orders() {
  auto waiting = std::exchange(orders_, {});
  auto sent = std::exchange(ordered_, {});
  for (const Order& one : waiting)
    if (one.done) one.done(nullptr);
  for (const auto& [key, done] : sent)
    if (done) done(nullptr);
}

}  // namespace standstill::meter
