#include "terminal/feed.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

#include "terminal/follower.hpp"
#include "terminal/shared.hpp"

namespace standstill::terminal {
namespace {

constexpr auto pause = std::chrono::milliseconds(50);

std::vector<MessagePtr> shared_texts(std::vector<Message> messages) {
  std::vector<MessagePtr> texts;
  texts.reserve(messages.size());
  for (auto& message : messages) texts.push_back(std::make_shared<const Message>(std::move(message)));
  return texts;
}

}  // namespace

void Feed::join(std::shared_ptr<Follower> newcomer) {
  followers_.insert(newcomer.get());
  const std::scoped_lock lock(mutex_);
  if (ending_) return;
  newcomers_.push_back(newcomer);
  wanted_.insert(newcomer->topics().begin(), newcomer->topics().end());
  anybody_ = true;
  changed_.notify_one();
  if (followers_.size() == 1 && !started_) {
    started_ = true;
    thread_ = tell::BackgroundThread("http feed", [this] { run(); });
  }
}

void Feed::leave(Follower* follower) {
  followers_.erase(follower);
  if (!followers_.empty()) return;
  const std::scoped_lock lock(mutex_);
  anybody_ = false;
  wanted_.clear();
}

void Feed::end() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Feed::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (!anybody_) {
      changes_.reset();  // it may hold a whole plan
      changed_.wait(lock, [this] { return ending_ || anybody_; });
      continue;
    }
    Newcomers newcomers = std::exchange(newcomers_, {});
    const Topics wanted = wanted_;
    lock.unlock();
    turn(std::move(newcomers), wanted);
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return ending_ || !newcomers_.empty(); });
  }
}

void Feed::turn(Newcomers newcomers, const Topics& wanted) {
  // The I/O thread has not come to the last turn's messages: there is no point in making more of them.
  if (under_way_) {
    const std::scoped_lock lock(mutex_);
    newcomers_.insert(newcomers_.end(), newcomers.begin(), newcomers.end());
    return;
  }
  std::vector<MessagePtr> news;
  std::vector<MessagePtr> whole;
  try {
    if (!changes_) changes_ = shared_.backend.changes();
    news = shared_texts(changes_->next(wanted));
    if (!newcomers.empty()) whole = shared_texts(changes_->whole(wanted));
  } catch (const std::exception& error) {  // nothing is said, and whoever listens sees that
    if (trouble_ != error.what())
      std::fprintf(stderr, "standstill: what changed could not be told: %s\n", error.what());
    trouble_ = error.what();
    changes_.reset();
    const std::scoped_lock lock(mutex_);
    newcomers_.insert(newcomers_.end(), newcomers.begin(), newcomers.end());
    return;
  }
  under_way_ = true;
  boost::asio::post(
      shared_.io, [this, news = std::move(news), newcomers = std::move(newcomers), whole = std::move(whole)] {
        under_way_ = false;
        pass_on(news, newcomers, whole);
      });
}

void Feed::pass_on(const std::vector<MessagePtr>& news, const Newcomers& newcomers,
                   const std::vector<MessagePtr>& whole) {
  const auto all = followers_;  // one that is dropped leaves the set
  for (Follower* follower : all)
    if (followers_.contains(follower)) follower->take(news);
  for (const auto& one : newcomers)
    if (const auto newcomer = one.lock()) newcomer->begin(whole);
}

}  // namespace standstill::terminal
