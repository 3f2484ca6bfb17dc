// A simulated Rocrail server: serves a plan on a loopback port, moves trains, and breaks in every way a real
// one does.
//
// Lives on the loop it is given; every function must be called in that loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/time.hpp"
#include "os/fd.hpp"
#include "os/loop.hpp"
#include "sim/control.hpp"
#include "sim/rocrail_client.hpp"

namespace standstill::sim {

class RocrailLayout;
class Trains;

struct RocrailOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;      // 0: a free one
  std::string plan_xml{};      // empty: the built-in demonstration layout
  bool newer = false;          // speak as 2.1: answers ping. Otherwise as the 2014 server, which ignores it
  Duration reader_sleep{};     // before a client's first command is read; 1 s on the 2014 server
  bool split_writes = false;   // header and body of a frame in two writes
  bool console = false;        // console mode: a goodbye is announced and then not kept
  int clock_divider = 10;      // a clock report every 60/divider seconds; 1 to 100
  Duration tick = 100ms;       // of the trains; zero: only the control command `move` moves them
  std::uint32_t seed = 1;      // same seed, same plan, same commands: same routes
  bool start_running = false;  // power and automatic mode on from the start, every loco under way
};

class RocrailServer {
 public:
  // The error names the plan's fault or the address that cannot be listened on.
  [[nodiscard]] static std::expected<std::unique_ptr<RocrailServer>, std::string> start(
      os::Loop& loop, RocrailOptions options);
  ~RocrailServer();
  RocrailServer(const RocrailServer&) = delete;
  RocrailServer& operator=(const RocrailServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }  // stays the same over crash and restart
  [[nodiscard]] std::string state_word() const;               // serving, leaving, gone, hung
  [[nodiscard]] bool serving() const { return static_cast<bool>(listener_) && !hung_; }
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }
  [[nodiscard]] std::uint64_t commands_received() const { return received_count_; }
  [[nodiscard]] const std::deque<std::string>& last_received() const { return received_; }  // at most 100
  [[nodiscard]] const RocrailLayout& layout() const { return *layout_; }
  [[nodiscard]] const Trains& trains() const { return *trains_; }

  void power(bool on);
  void automatic(bool on);  // also puts every placed loco in automatic mode
  void station(bool alive);
  void emergency(bool on);
  bool feedback(const std::string& id, bool on);  // false: no such sensor
  // The relay in the track's supply: without it no train moves, and no message says so.
  void track_supply(bool on);

  // Announced, plan saved, end of file after 0.3 to 1 s. `reason` as the server words it.
  void goodbye(const std::string& reason = "Software termination signal from kill.");
  void goodbye_withdrawn();  // the same announcement, and then it stays
  void crash();              // every socket closed at once, no message; the port refuses
  void reset_connections();  // as crash, but the clients see a reset
  void hang();               // as SIGSTOP: TCP stays up, nothing is read or said
  void resume();             // what was sent during the hang is carried out now
  void half_open();          // today's connections are dead for ever and nobody is told; new ones are served
  // Ends as a crash if still up, and comes back after `pause` with the plan last saved: speeds 0, old switch
  // positions.
  void restart(Duration pause);
  void send_rubbish(std::string_view bytes);
  void slow(std::uint32_t bytes_per_second);                                  // 0: full speed
  std::expected<void, std::string> change_plan(const std::string& plan_xml);  // clients must ask again
  void save();
  void move(int steps);

  // A line as typed at the control socket; the JSON answer.
  [[nodiscard]] std::string command(std::string_view line) const { return commands_.answer(line); }
  // Called by the control command `quit`.
  void on_quit(std::function<void()> quit) { quit_ = std::move(quit); }

 private:
  RocrailServer(os::Loop& loop, RocrailOptions options);
  std::expected<void, std::string> listen();
  std::expected<void, std::string> load(const std::string& plan_xml);
  void accept();
  void drop_all(bool with_reset);
  void broadcast(const std::string& element);
  void obey(int client, const std::string& body);
  void schedule_clock();
  void schedule_step();
  void step();
  void announce(const std::string& reason, bool stays);
  void add_commands();
  void add_fault_commands();
  void add_layout_commands();

  os::Loop& loop_;
  RocrailOptions options_;
  std::uint16_t port_ = 0;
  std::unique_ptr<RocrailLayout> layout_;
  std::unique_ptr<Trains> trains_;
  std::mt19937 random_;
  os::Fd listener_;
  os::Loop::Watch listening_;
  std::map<int, std::unique_ptr<RocrailClient>> clients_;
  int next_client_ = 0;
  std::uint32_t bytes_per_second_ = 0;
  bool hung_ = false;
  bool leaving_ = false;
  bool supply_ = true;
  std::deque<std::string> received_;
  std::uint64_t received_count_ = 0;
  os::Loop::Timer clock_timer_;
  os::Loop::Timer step_timer_;
  os::Loop::Timer restart_timer_;
  std::vector<os::Loop::Timer> goodbye_timers_;
  Commands commands_;
  std::function<void()> quit_;
};

// The layout that `demo` and `sim rocrail` show when no plan is given: sim/data/demo-plan.xml.
[[nodiscard]] std::string demo_plan();

}  // namespace standstill::sim
