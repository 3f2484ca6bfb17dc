// A whole plant of real processes: supervisor, guard and cutters from one configuration, three kinds of
// relays, and this test as the operator. Built on the contract alone: command line, HTTP over the Unix
// socket, files.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/http_relay.hpp"
#include "support/pty_relay.hpp"
#include "support/temporary_folder.hpp"
#include "support/unix_http.hpp"

namespace standstill::test {

using namespace std::chrono_literals;

class PlantRig {
 public:
  struct Options {
    std::uint16_t port = 0;  // of the Rocrail peer
    bool http = false, program = false;
    int probe_ms = 1000, silence_ms = 20000;
    int permit_ms = 1000, heartbeat_ms = 500, settle_ms = 100;
    std::string serial_more{};          // further keys of the serial output
    std::string more{};                 // further tables
    std::string state_dir{};            // empty: in the rig's own folder
    std::vector<std::string> before{};  // what starts the supervisor, such as strace and its options
    bool in_terminal = false;           // the supervisor gets a pseudo terminal of its own
    // Who starts the supervisor, and who knows that it has ended, when not this rig: a tracer is its parent.
    std::function<pid_t(const std::vector<std::string>& words, const std::string& log)> spawn{};
    std::function<std::optional<int>(pid_t)> ended{};
  };

  explicit PlantRig(Options options);
  ~PlantRig();
  PlantRig(const PlantRig&) = delete;
  PlantRig& operator=(const PlantRig&) = delete;

  void start();            // spawns `standstill run`
  void start_and_wait();   // and waits until it answers and knows its guard
  int end(int signal);     // of the supervisor; its exit code, or 128 + signal
  void kill_everything();  // -9: supervisor, guard, both cutters
  void close_terminal();

  pid_t supervisor() const { return supervisor_; }
  [[nodiscard]] pid_t guard();  // -1: none
  pid_t cutter(int number);     // 1 or 2; -1: none

  HttpReply get(const std::string& path) { return ask(socket(), "GET", path); }
  HttpReply post(const std::string& path, const std::string& body = "{}") {
    return ask(socket(), "POST", path, body, token_);
  }
  HttpReply word(const std::string& word, std::uint64_t epoch) {
    return post("/api/v1/" + word, "{\"epoch\":" + std::to_string(epoch) + "}");
  }
  // A value in the state, by JSON pointer; texts bare, everything else as JSON; "?" when nobody answers.
  std::string look(const std::string& pointer);
  static std::string pick(const std::string& json, const std::string& pointer);
  std::uint64_t epoch();
  std::string state() { return look("/state"); }
  std::string first_out() { return look("/first_out/code"); }
  std::string live_export();  // the live snapshot without what depends on the time of day
  std::string journal(const std::string& query = "limit=1000") {
    return get("/api/v1/journal?" + query).body;
  }
  // How many events of a kind, of one epoch or of all.
  int journalled(const std::string& kind, std::optional<std::uint64_t> epoch = {});

  bool until(const std::function<bool()>& condition, std::chrono::milliseconds limit = 40s);
  void to_ready();
  void to_running();
  [[nodiscard]] bool all_safe() const;
  [[nodiscard]] bool all_energised() const;
  [[nodiscard]] int run_commands() const;
  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::string socket() const { return state_dir + "/standstill.sock"; }
  [[nodiscard]] static bool alive(
      pid_t pid);  // a process that has ended and was not collected yet is not alive
  [[nodiscard]] static std::string read(const std::string& path);

  TemporaryFolder folder;
  Options options;
  std::string state_dir;
  PtyRelay relay;
  std::unique_ptr<HttpRelay> http;
  std::string program_log;  // "on" and "off", a line a call; empty: no such output

 private:
  void write_configuration();
  [[nodiscard]] bool collect(int& status);  // the supervisor has ended, and this is how
  std::string token_;
  pid_t supervisor_ = -1;
  int terminal_ = -1;
  std::set<pid_t> seen_;  // guards and cutters that this rig has met, to be ended with it
};

}  // namespace standstill::test
