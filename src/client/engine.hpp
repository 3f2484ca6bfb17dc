// What stands behind a Layout: the connection's thread with its loop, link and session, and the dispatcher.
//
// The connection's thread runs none of the user's code and waits for nobody. Other threads ask it by posting
// to its loop, so that a command never waits behind a read for longer than one slice of decoding.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/dispatcher.hpp"
#include "client/pattern.hpp"
#include "client/triggers.hpp"
#include "link/link.hpp"
#include "os/loop.hpp"
#include "plant/layout/session.hpp"
#include "standstill/layout.hpp"

namespace standstill::client {

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(std::string host, std::uint16_t port, Options options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void start();  // once, when a shared_ptr holds it
  void close();  // see ~Layout

  Result wait_online(Duration timeout);
  [[nodiscard]] Status status();
  [[nodiscard]] Model model();
  void retry_now();
  Result send(const rocrail::Command& command);
  Result emergency_stop();

  Trigger add_time(std::string_view time, std::function<void(const Moment&)> function);
  Trigger add_change(std::string_view ids, Condition condition, std::function<void(const Change&)> function);
  void cancel(std::uint64_t trigger);
  [[nodiscard]] const Dispatcher& dispatcher() const { return dispatcher_; }

 private:
  void serve();
  // Has the connection's thread answer; nothing once it has ended.
  template <class Answer>
  std::optional<Answer> ask(std::function<Answer()> question);
  Result left(const std::expected<void, std::string>& queued);

  // In the connection's thread:
  layout::Listeners listeners();
  void link_changed(const link::Status& status, std::string_view why);
  void lost(Loss::Kind kind, std::string_view why);
  void check_online();
  void catch_up();
  void changed(const layout::Change& change);
  void clock_changed(const layout::Object& clock);
  void deliver(const Change& change);
  [[nodiscard]] Model current() const;

  const std::string host_;
  const std::uint16_t port_;
  const std::shared_ptr<const Options> options_;  // calls that wait share it
  Dispatcher dispatcher_;
  Triggers triggers_;
  const HandlerPtr on_loss_ = std::make_shared<Callback>("on_loss");
  const HandlerPtr on_return_ = std::make_shared<Callback>("on_return");
  const HandlerPtr on_change_ = std::make_shared<Callback>("on_change", false);
  const HandlerPtr on_message_ = std::make_shared<Callback>("on_message", false);

  os::Loop loop_;
  layout::Session session_;
  std::unique_ptr<link::Link> link_;
  std::thread thread_;
  Sender sender_;

  // The connection's thread only, from here …
  MinuteHand minutes_;
  bool link_online_ = false;
  bool plan_read_ = false;  // on this connection
  bool was_online_ = false;
  bool closing_ = false;
  std::optional<Instant> lost_at_;
  // … to here.

  std::mutex mutex_;  // of what follows
  std::condition_variable came_online_;
  bool online_ = false;
  bool ended_ = true;     // the connection's thread answers no more
  std::string unusable_;  // what is wrong with the options
};

}  // namespace standstill::client
