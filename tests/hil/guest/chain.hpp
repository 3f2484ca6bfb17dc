// The shipped programs in the guest, from one configuration, with this program as the operator. Built on the
// contract alone: command line, HTTP over the Unix socket, files.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "support/unix_http.hpp"

namespace standstill::hil {

using namespace std::chrono_literals;
using test::HttpReply;
using Limit = std::chrono::milliseconds;

enum class Who { supervisor, guard, cutter1, cutter2 };
inline constexpr std::array all_processes{Who::supervisor, Who::guard, Who::cutter1, Who::cutter2};
[[nodiscard]] const char* name(Who who);

class Chain {
 public:
  // `toml` is everything but [site]; a [guard] with short times is added when it has none. An empty
  // state_dir: a new one in memory.
  explicit Chain(const std::string& toml, std::string state_dir = {});
  ~Chain();  // ends what still runs; the scenario fails when a process was ended for spinning in real time
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  void start();              // spawns `standstill run`
  void start_and_wait();     // until it answers and guard and both cutters live
  void end();                // as a service manager ends it
  void forget_supervisor();  // it was killed by the caller: only collected
  void kill_all();           // everybody at once, as a power cut

  bool to_ready(Limit limit = 30s);
  bool to_running();
  HttpReply word(const std::string& word) { return word_of(word, epoch()); }
  HttpReply word_of(const std::string& word, std::uint64_t epoch);
  HttpReply stop() { return test::ask(socket(), "POST", "/api/v1/stop", "{}"); }

  [[nodiscard]] nlohmann::json state() const;
  [[nodiscard]] std::string look(
      const std::string& pointer) const;  // of the state; texts bare, "?" when nobody answers
  [[nodiscard]] std::uint64_t epoch() const;
  [[nodiscard]] bool is(const std::string& state) const { return look("/state") == state; }
  [[nodiscard]] std::string first_out() const { return look("/first_out/code"); }
  [[nodiscard]] bool has_cause(const std::string& code) const;
  [[nodiscard]] nlohmann::json journal() const;
  [[nodiscard]] bool journalled(const std::string& kind) const;
  [[nodiscard]] pid_t pid(Who who) const;  // -1: none
  [[nodiscard]] bool complete() const;     // all four live
  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::string run_command(
      const std::string& words) const;      // `standstill -c … WORDS`, its output
  [[nodiscard]] std::string about() const;  // for a failure's text

  const std::string& state_dir() const { return state_dir_; }
  [[nodiscard]] std::string socket() const { return state_dir_ + "/standstill.sock"; }

 private:
  std::string folder_, state_dir_, token_;
  pid_t supervisor_ = -1;
};

// The kernel ends a real-time process that never pauses (RLIMIT_RTTIME, SIGXCPU): none of ours may come to
// that.
void record_spinners();
[[nodiscard]] std::string who_spun();  // the kernel's line about one since the last look, or empty

// Waits for a condition, by the guest's clock.
[[nodiscard]] bool until(const std::function<bool()>& condition, Limit limit = 20s);
// True when the condition holds all the time.
[[nodiscard]] bool stays(const std::function<bool()>& condition, Limit time);

// Stops every thread of a process, and nobody else, by the cgroup freezer; thaws when destroyed.
class Freezer {
 public:
  explicit Freezer(pid_t pid);  // moves it only: that may take the kernel some hundred milliseconds
  void freeze();                // returns when the kernel says that every thread of it is frozen
  ~Freezer();
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;

 private:
  pid_t pid_;
  std::string group_;
};

}  // namespace standstill::hil
