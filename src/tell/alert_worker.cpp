#include "tell/alert_worker.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "os/clock.hpp"

namespace standstill::tell {
namespace {

constexpr std::array<const char*, 6> kinds{"webhook", "smtp", "program",
                                           "mqtt",    "sms",  "postgres"};  // as in AlertConfig::channel
constexpr Duration longest_wish = 5min;  // how long a service may ask us to wait (Retry-After)

}  // namespace

std::string_view kind_of(const AlertConfig& config) { return kinds[config.channel.index()]; }

Teller::Worker::Worker(AlertConfig config, std::unique_ptr<Channel> channel, Changed changed)
    : config_(std::move(config)),
      channel_(std::move(channel)),
      changed_(std::move(changed)),
      backoff_({.first = config_.first_retry,
                .factor_permille = 2000,
                .max = config_.longest_retry,
                .jitter_permille = 100}),
      jitter_(static_cast<std::uint32_t>(std::hash<std::string>{}(config_.id))) {
  status_.id = config_.id;
  status_.kind = kind_of(config_);
}

Teller::Worker::~Worker() {
  ask_to_end();
  thread_.join();
}

void Teller::Worker::start() {
  thread_ = BackgroundThread(("alert " + config_.id).c_str(), [this] { run(); });
}

bool Teller::Worker::wants(const std::string& event) const {
  return std::find(config_.on.begin(), config_.on.end(), event) != config_.on.end();
}

void Teller::Worker::submit(std::shared_ptr<const AlertEvent> event) {
  if (pending_.fetch_add(1) >= config_.capacity) {
    pending_.fetch_sub(1);
    dropped_.fetch_add(1);
    return;
  }
  inbox_.put({.event = std::move(event), .since = os::now()});
  wake_.ring();
}

AlertStatus Teller::Worker::status() const {
  const std::scoped_lock lock(status_mutex_);
  AlertStatus status = status_;
  status.pending = pending_.load();
  status.dropped = dropped_.load();
  return status;
}

void Teller::Worker::run() {
  while (!wake_.ending()) {
    wake_.clear();
    for (auto& waiting : inbox_.take_all()) queue_.push_back(std::move(waiting));
    const Instant now = os::now();
    if (queue_.empty()) {
      wake_.wait(1h);
    } else if (queue_.front().tried && now - queue_.front().since > config_.give_up) {
      dropped_.fetch_add(1);
      done_with_first();
    } else if (now < try_at_) {
      wake_.wait(try_at_ - now);
    } else {
      attempt(queue_.front());
    }
  }
}

void Teller::Worker::attempt(Waiting& waiting) {
  waiting.tried = true;
  std::expected<void, Undelivered> result;
  try {
    result = channel_->deliver(*waiting.event, wake_);
  } catch (const std::exception& error) {  // out of memory, most likely: the next attempt may find some
    result = std::unexpected(Undelivered{.why = error.what()});
  }
  if (wake_.ending() && !result) return;
  if (result)
    delivered();
  else
    failed(waiting, result.error());
}

void Teller::Worker::delivered() {
  const auto event = queue_.front().event;
  bool recovered = false;
  {
    const std::scoped_lock lock(status_mutex_);
    recovered = status_.failing;
    status_.failing = false;
    status_.last_ok_wall_ns = os::wall_ns();
    ++status_.delivered;
  }
  backoff_.reset();
  try_at_ = Instant{};
  done_with_first();
  if (recovered && changed_) changed_(status(), *event);
}

void Teller::Worker::failed(Waiting& waiting, const Undelivered& undelivered) {
  const auto event = waiting.event;
  bool began = false;
  {
    const std::scoped_lock lock(status_mutex_);
    began = !status_.failing;
    status_.failing = true;
    status_.last_error = undelivered.why;
    status_.last_error_wall_ns = os::wall_ns();
  }
  const Duration wished = std::min(undelivered.retry_after.value_or(Duration::zero()), longest_wish);
  try_at_ = os::now() + std::max(backoff_.next(jitter_.next()), wished);
  if (undelivered.refused && ++waiting.refusals >= config_.refusals) {
    dropped_.fetch_add(1);
    done_with_first();
  }
  if (began && changed_) changed_(status(), *event);
}

void Teller::Worker::done_with_first() {
  queue_.pop_front();
  pending_.fetch_sub(1);
}

}  // namespace standstill::tell
