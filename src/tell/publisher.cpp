#include "tell/publisher.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "os/clock.hpp"

namespace standstill::tell {
namespace {

constexpr std::size_t most_in_flight = 16;  // messages sent and not confirmed
constexpr std::size_t most_in_memory =
    512;  // a broker that confirms more slowly than this is as good as away
constexpr Duration goodbye_within = 1500ms;

}  // namespace

Publisher::Publisher(PublisherSettings settings, Health health)
    : settings_(std::move(settings)),
      health_(std::move(health)),
      backoff_({.first = settings_.first_retry,
                .factor_permille = 2000,
                .max = settings_.longest_retry,
                .jitter_permille = 100}),
      jitter_(static_cast<std::uint32_t>(std::hash<std::string>{}(settings_.id))) {
  status_.id = settings_.id;
  thread_ = BackgroundThread(("mqtt " + settings_.id).c_str(), [this] { run(); });
}

Publisher::~Publisher() {
  ask_to_end();
  thread_.join();
}

void Publisher::submit(Make make) {
  if (on_the_way_.fetch_add(1) >= settings_.capacity) {
    on_the_way_.fetch_sub(1);
    did_not_fit_.fetch_add(1);
    return;
  }
  inbox_.put({std::move(make), {}});
  wake_.ring();
}

void Publisher::stand(std::function<PublisherStanding()> make) {
  on_the_way_.fetch_add(1);
  inbox_.put({nullptr, std::move(make)});
  wake_.ring();
}

PublisherStatus Publisher::status() const {
  const std::scoped_lock lock(status_mutex_);
  PublisherStatus copy = status_;
  copy.lost += did_not_fit_.load();
  copy.waiting += on_the_way_.load();
  return copy;
}

void Publisher::run() {
  spool_.emplace(settings_.folder, settings_.most_bytes);
  while (!wake_.ending()) {
    wake_.clear();
    const Instant now = os::now();
    try {
      take_in(now);
      if (connection_)
        serve(now);
      else if (now >= try_at_)
        dial(now);
      else
        wake_.wait(try_at_ - now);
    } catch (const std::exception& error) {  // out of memory, most likely
      lose(error.what(), now);
    }
  }
  farewell();
}

void Publisher::take_in(Instant now) {
  bool kept = false;
  for (Item& item : inbox_.take_all()) {
    on_the_way_.fetch_sub(1);
    if (item.stand) {
      const std::string will = standing_ ? standing_->will.topic : std::string();
      standing_ = item.stand();
      standing_told_ = false;
      if (standing_->will.topic != will && connection_) {
        to_disk();
        connection_.reset();  // without a goodbye: the broker publishes the old will, if there is one
        online_ = false;
        try_at_ = now;
      }
      continue;
    }
    MqttMessage message = item.make();
    if (online_ && spool_->empty() && fresh_.size() < most_in_memory) {
      fresh_.push_back(std::move(message));
      continue;
    }
    if (!fresh_.empty()) lose("the broker confirms too slowly", now);
    keep(std::move(message));
    kept = true;
  }
  if (kept) {
    spool_->sync();
    publish_status(false);
  }
}

void Publisher::keep(MqttMessage message) {
  if (const auto written = spool_->append(message); !written) {
    const std::scoped_lock lock(status_mutex_);
    status_.last_error = written.error();
  }
}

void Publisher::to_disk() {
  // Nothing is on disk yet when something is in memory: what waits in the spool comes first, always.
  for (MqttMessage& message : fresh_) keep(std::move(message));
  if (!fresh_.empty()) spool_->sync();
  fresh_.clear();
  window_.clear();
  spool_->rewind();
  standing_told_ = false;
}

void Publisher::dial(Instant now) {
  try_at_ = now + backoff_.next(jitter_.next());
  dialed_at_ = now;
  auto broker = settings_.broker();
  if (!broker) return lose(broker.error(), now);
  std::optional<MqttMessage> will;
  if (standing_ && !standing_->will.topic.empty()) will = standing_->will;
  auto made = MqttConnection::dial(*broker, will);
  if (!made) return lose(made.error(), now);
  connection_ = std::move(*made);
}

void Publisher::serve(Instant now) {
  std::expected<void, std::string> fine{};
  if (online_) {
    if (!standing_told_) fine = tell_standing();
    if (fine) fine = fill();
  }
  if (fine) fine = connection_->turn(1s, wake_.fd());
  if (!fine) return lose(fine.error(), now);
  settle(now);
  if (!online_ && connection_->online()) {
    online_ = true;
    backoff_.reset();
    try_at_ = os::now();  // should it end at once
    publish_status(std::exchange(failing_, false));
  } else if (!online_ && now - dialed_at_ > settings_.patience) {
    lose("the broker does not answer", now);
  } else if (!window_.empty() && now - oldest_sent_at_ > settings_.patience) {
    lose("the broker confirms nothing", now);
  }
}

std::expected<void, std::string> Publisher::tell_standing() {
  standing_told_ = true;
  if (!standing_) return {};
  for (const MqttMessage& message : standing_->retained)
    if (auto sent = connection_->publish(message); !sent) return std::unexpected(sent.error());
  return {};
}

std::expected<void, std::string> Publisher::fill() {
  while (window_.size() < most_in_flight) {
    Sent sent;
    std::expected<int, std::string> number;
    if (window_.size() < fresh_.size()) {
      number = connection_->publish(fresh_[window_.size()]);
    } else if (!fresh_.empty()) {
      break;
    } else {
      auto entry = spool_->read();
      if (!entry) break;
      sent.kept = entry->number;
      number = connection_->publish(entry->message);
    }
    if (!number) return std::unexpected(number.error());
    sent.number = *number;
    if (window_.empty()) oldest_sent_at_ = os::now();
    window_.push_back(sent);
  }
  return {};
}

void Publisher::settle(Instant now) {
  for (const int number : connection_->confirmed())
    for (Sent& sent : window_)
      if (sent.number == number) sent.confirmed = true;
  std::uint64_t done = 0;
  for (; !window_.empty() && window_.front().confirmed; ++done) {
    if (window_.front().kept)
      spool_->confirm(*window_.front().kept);
    else
      fresh_.pop_front();
    window_.pop_front();
    oldest_sent_at_ = now;
  }
  if (done == 0) return;
  {
    const std::scoped_lock lock(status_mutex_);
    status_.sent += done;
  }
  publish_status(false);
}

void Publisher::lose(const std::string& why, Instant now) {
  connection_.reset();
  const bool was_online = std::exchange(online_, false);
  to_disk();
  try_at_ = std::max(try_at_, now);
  {
    const std::scoped_lock lock(status_mutex_);
    status_.last_error = why;
    if (was_online) ++status_.disconnects;
  }
  publish_status(!std::exchange(failing_, true));
}

void Publisher::farewell() {
  try {
    const Instant until = os::now() + goodbye_within;
    take_in(os::now());
    while (connection_ && online_ && os::now() < until) {
      auto fine = standing_told_ ? std::expected<void, std::string>{} : tell_standing();
      if (fine) fine = fill();
      if (fine) fine = connection_->turn(50ms, -1);
      if (!fine) break;
      settle(os::now());
      if (window_.empty() && fresh_.empty()) break;
    }
    if (connection_ && online_) {
      // A goodbye keeps the broker from publishing the will, so it is said here.
      if (standing_ && !standing_->will.topic.empty() && connection_->publish(standing_->will))
        while (os::now() < until && connection_->turn(50ms, -1) && connection_->confirmed().empty()) {
        }
      connection_->goodbye();
    }
    to_disk();
  } catch (const std::exception&) {  // what could not be kept is lost with the memory that ran out
  }
}

void Publisher::publish_status(bool changed) {
  PublisherStatus copy;
  {
    const std::scoped_lock lock(status_mutex_);
    status_.online = online_;
    status_.waiting = spool_->waiting() + fresh_.size();
    status_.lost = spool_->lost();
    copy = status_;
  }
  if (changed && health_) health_(copy);
}

}  // namespace standstill::tell
