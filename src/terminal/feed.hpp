// Hands everything that changes to everybody who follows: whole state first, then what changes.
//
// A thread of its own asks the backend, twenty times a second and only while somebody listens; the I/O thread
// passes on what it found. Texts are shared, so that two hundred followers cost one text. Nobody is waited
// for: what a slow follower has not taken is bounded (see follower.hpp), and so is what lies between the two
// threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tell/background_thread.hpp"
#include "terminal/changes.hpp"

namespace standstill::terminal {

class Follower;
struct Shared;

using MessagePtr = std::shared_ptr<const Message>;

class Feed {
 public:
  explicit Feed(Shared& shared) : shared_(shared) {}
  ~Feed() { end(); }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // On the I/O thread.
  void join(std::shared_ptr<Follower> newcomer);
  void leave(Follower* follower);
  [[nodiscard]] std::size_t count() const { return followers_.size(); }
  void end();  // the thread has ended when this returns

 private:
  using Newcomers = std::vector<std::weak_ptr<Follower>>;
  void run();
  void turn(Newcomers newcomers, const Topics& wanted);
  void pass_on(const std::vector<MessagePtr>& news, const Newcomers& newcomers,
               const std::vector<MessagePtr>& whole);

  Shared& shared_;
  std::set<Follower*> followers_;     // on the I/O thread
  std::unique_ptr<Changes> changes_;  // these two on the thread
  std::string trouble_;
  std::atomic<bool> under_way_ = false;  // a turn's messages lie before the I/O thread

  std::mutex mutex_;
  std::condition_variable changed_;
  Newcomers newcomers_;
  Topics wanted_;  // by anybody
  bool anybody_ = false;
  bool started_ = false;
  bool ending_ = false;
  tell::BackgroundThread thread_;
};

}  // namespace standstill::terminal
