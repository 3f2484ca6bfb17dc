#include "client/engine.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <future>
#include <utility>

#include "client/validate.hpp"
#include "link/tcp.hpp"
#include "os/clock.hpp"

namespace standstill::client {

namespace {

// Signals are the program's, not ours: the connection's thread blocks them all.
std::thread without_signals(std::function<void()> run) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread made;
  try {
    made = std::thread(std::move(run));
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return made;
}

link::Timing timing_of(const Options& options) {
  link::Timing timing;
  timing.probe = options.probe;
  timing.silence = options.silence;
  timing.dial = options.connect_timeout;
  timing.reconnect.first = options.retry_first;
  timing.reconnect.max = options.retry_longest;
  return timing;
}

void complain(const Trouble& trouble) {
  const std::string line = "standstill: " + trouble.handler + ": " + trouble.detail + "\n";
  static_cast<void>(std::fputs(line.c_str(), stderr));
}

}  // namespace

Engine::Engine(std::string host, std::uint16_t port, Options options)
    : host_(std::move(host)),
      port_(port),
      options_(std::make_shared<const Options>(std::move(options))),
      dispatcher_(std::max<Duration>(options_->handler_patience, 10ms),
                  options_->on_handler_trouble ? options_->on_handler_trouble : complain),
      session_({}, listeners()) {}

Engine::~Engine() { close(); }

void Engine::start() {
  sender_ = Sender(weak_from_this());
  unusable_ = what_is_wrong(host_, port_, *options_);
  if (!unusable_.empty()) return lost(Loss::Kind::lost, unusable_);
  link_ = std::make_unique<link::Link>(
      loop_, session_,
      std::make_unique<link::TcpTransport>(loop_,
                                           link::TcpTransport::Settings{host_, port_, options_->silence}),
      link::Link::Settings{
          "layout", "rocrail", true, timing_of(*options_),
          static_cast<std::uint32_t>(::getpid()) ^ static_cast<std::uint32_t>(os::wall_ns())},
      [this](const link::Status& status, link::State, std::string_view why) { link_changed(status, why); });
  link_->begin();
  ended_ = false;
  try {
    thread_ = without_signals([this] { serve(); });
  } catch (...) {
    ended_ = true;
    throw;
  }
}

void Engine::serve() {
  ::pthread_setname_np(::pthread_self(), "standstill");
  loop_.run();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  loop_.turn(Duration::zero());  // the last questions
}

void Engine::close() {
  if (thread_.joinable()) {
    loop_.post([this] {
      closing_ = true;
      link_->close_for_good();
      loop_.stop();
    });
    thread_.join();
  }
  dispatcher_.close();
}

template <class Answer>
std::optional<Answer> Engine::ask(std::function<Answer()> question) {
  const auto promise = std::make_shared<std::promise<Answer>>();
  auto answer = promise->get_future();
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return std::nullopt;
    loop_.post([promise, question = std::move(question)] { promise->set_value(question()); });
  }
  return answer.get();
}

Result Engine::wait_online(Duration timeout) {
  {
    std::unique_lock lock(mutex_);
    if (!unusable_.empty()) return Result::refused(unusable_);
    const Instant until = os::now() + std::min<Duration>(timeout, 24h * 365);
    while (!online_ && !ended_ && os::now() < until) came_online_.wait_for(lock, until - os::now());
    if (online_) return {};
  }
  const Status now = status();
  return Result::refused("not online after " + std::to_string(to_ms(timeout)) + " ms, but " + now.state +
                         (now.detail.empty() ? std::string() : ": " + now.detail));
}

Status Engine::status() {
  auto told = ask<Status>([this] {
    const auto& of_link = link_->status();
    return Status{std::string(link::name(of_link.state)), link_online_ && plan_read_, of_link.last_error,
                  of_link.peer, of_link.disconnects};
  });
  if (told) return *told;
  const std::lock_guard lock(mutex_);
  return Status{"closed", false, unusable_, {}, 0};
}

Model Engine::model() {
  return ask<Model>([this] { return current(); }).value_or(Model());
}

void Engine::retry_now() {
  static_cast<void>(ask<bool>([this] {
    if (!closing_) link_->poke();
    return true;
  }));
}

Result Engine::send(const rocrail::Command& command) {
  return ask<Result>([this, &command] {
           if (closing_) return Result::refused("not sent, because the layout is closed: " + command.body);
           const auto queued = session_.send(command, true);
           link_->send_now();
           return left(queued);
         })
      .value_or(Result::refused("not sent, because the layout is closed: " + command.body));
}

Result Engine::emergency_stop() {
  return ask<Result>([this] {
           if (closing_) return Result::refused("no stop was sent, because the layout is closed");
           session_.withdraw_energising();
           const auto queued = session_.send(rocrail::commands::ebreak(), true);
           if (!queued)
             return Result::refused(
                 "no stop was sent: there is no connection to the server; cut the track power");
           const auto power = session_.send(rocrail::commands::stop(), true);
           link_->send_now();
           return left(power);
         })
      .value_or(Result::refused("no stop was sent, because the layout is closed"));
}

Result Engine::left(const std::expected<void, std::string>& queued) {
  if (!queued) return Result::refused(queued.error());
  if (session_.output().empty()) return {};
  return Result::refused("it waits to leave: the server takes no data at the moment");
}

Trigger Engine::add_time(std::string_view time, std::function<void(const Moment&)> function) {
  const std::string name = "at " + std::string(time);
  auto pattern = TimePattern::parse(time);
  if (pattern && function)
    return {weak_from_this(),
            triggers_.add(std::make_shared<const TimeTrigger>(
                TimeTrigger{std::make_shared<Callback>(name), *pattern, std::move(function)})),
            {}};
  const std::string why = pattern ? "there is no function to call" : pattern.error();
  dispatcher_.refused(name, why);
  return {{}, 0, why};
}

Trigger Engine::add_change(std::string_view ids, Condition condition,
                           std::function<void(const Change&)> function) {
  const std::string name = "when " + std::string(ids);
  auto made = change_trigger(ids);
  if (made && function) {
    made->handler = std::make_shared<Callback>(name);
    made->condition = std::move(condition);
    made->function = std::move(function);
    return {weak_from_this(), triggers_.add(std::make_shared<const ChangeTrigger>(std::move(*made))), {}};
  }
  const std::string why = made ? "there is no function to call" : made.error();
  dispatcher_.refused(name, why);
  return {{}, 0, why};
}

void Engine::cancel(std::uint64_t trigger) {
  // Asked in the connection's thread, which then holds no reference of its own: what the user's function
  // captured dies in this thread or in the handlers', never in that one.
  auto removed = ask<Triggers::Removed>([this, trigger] { return triggers_.remove(trigger); });
  if (!removed) removed = triggers_.remove(trigger);
  if (removed->handler) dispatcher_.cancel(removed->handler);
}

}  // namespace standstill::client
