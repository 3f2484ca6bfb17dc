#include "tell/alert.hpp"

#include <poll.h>

#include "os/clock.hpp"
#include "tell/alert_worker.hpp"

namespace standstill::tell {

namespace {

auto channel_of(const AlertConfig& config) {
  return std::visit([&](const auto& one) { return make_channel(one, config.time_out); }, config.channel);
}

}  // namespace

std::expected<void, std::string> check(const AlertConfig& config) {
  if (auto made = channel_of(config); !made) return std::unexpected(made.error());
  return {};
}

std::expected<std::unique_ptr<Teller>, std::string> Teller::make(std::vector<AlertConfig> alerts,
                                                                 Health health) {
  std::unique_ptr<Teller> teller(new Teller);
  teller->health_ = std::move(health);
  for (auto& alert : alerts) {
    auto channel = channel_of(alert);
    if (!channel) return std::unexpected("alert '" + alert.id + "': " + channel.error());
    teller->workers_.push_back(
        std::make_unique<Worker>(std::move(alert), std::move(*channel),
                                 [raw = teller.get()](const AlertStatus& status, const AlertEvent& event) {
                                   raw->report(status, event);
                                 }));
  }
  // Only now, when the list of workers no longer changes: they report to each other.
  for (auto& worker : teller->workers_) worker->start();
  return teller;
}

Teller::Teller() = default;

Teller::~Teller() {
  for (auto& worker : workers_) worker->ask_to_end();  // all at once, so that their ends overlap
  // Workers are joined before any of them is freed: a last report may still name the others.
  for (auto& worker : workers_) worker->join();
}

void Teller::add_unusable(std::vector<AlertStatus> alerts, AlertEvent event) {
  unusable_ = std::move(alerts);
  for (const auto& one : unusable_) report(one, event);
}

void Teller::submit(const AlertEvent& event) {
  std::shared_ptr<const AlertEvent> shared;
  for (auto& worker : workers_) {
    if (!worker->wants(event.event)) continue;
    if (!shared) shared = std::make_shared<const AlertEvent>(event);
    worker->submit(shared);
  }
}

bool Teller::submit_to(const std::string& id, const AlertEvent& event) {
  for (auto& worker : workers_)
    if (worker->id() == id) return worker->submit(std::make_shared<const AlertEvent>(event)), true;
  return false;
}

void Teller::report(const AlertStatus& status, const AlertEvent& event) {
  if (status.failing) {
    auto failing = std::make_shared<AlertEvent>(event);
    failing->event = "alert_failing";
    failing->code.clear();
    failing->source = status.id;
    failing->detail = "alert '" + status.id + "' (" + status.kind + ") could not " +
                      (event.event.empty() ? "be used" : "deliver '" + event.event + "'") + ": " +
                      status.last_error;
    failing->wall_ns = os::wall_ns();
    for (auto& worker : workers_)
      if (worker->id() != status.id) worker->submit(failing);
  }
  if (health_) health_(status);
}

bool Teller::drain(Duration longest) const {
  const Instant until = os::now() + longest;
  for (;;) {
    bool idle = true;
    for (const auto& worker : workers_) idle = idle && worker->idle();
    if (idle || os::now() >= until) return idle;
    ::poll(nullptr, 0, 10);
  }
}

std::vector<AlertStatus> Teller::statuses() const {
  std::vector<AlertStatus> all;
  for (const auto& worker : workers_) all.push_back(worker->status());
  all.insert(all.end(), unusable_.begin(), unusable_.end());
  return all;
}

}  // namespace standstill::tell
