// This machine on the emergency-stop bus: connection, role, heartbeat and commands, on the supervisor's loop.
//
// The order at every start of a connection is that of the roles: subscribe, wait for the confirmation, read
// the retained latch, and only then take anything else. The latch is read again every second, so that nobody
// depends on every message having come.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "config/config.hpp"
#include "link/link.hpp"
#include "link/tags.hpp"
#include "plant/station/commands.hpp"
#include "plant/station/controller.hpp"
#include "plant/station/direct.hpp"
#include "plant/station/local_server.hpp"
#include "plant/station/redis_session.hpp"
#include "plant/station/station.hpp"
#include "supervise/view.hpp"

namespace standstill::supervise {

// What has to be read before a member can be made: keys, password, what earlier starts remembered.
struct BusStart {
  estop::Keys keys;
  std::string password;
  Epoch largest_epoch = 0;
  std::vector<std::string> stations;
  std::string owed;
};
// Reads files; not on the loop. Errors are sentences that name the file.
[[nodiscard]] std::expected<BusStart, std::string> prepare_bus(const config::Config& config);

class BusMember {
 public:
  struct Surroundings {
    std::function<void(const Finding& finding)> decided;
    std::function<void(const Verdict& verdict)> told;
    std::function<void(CauseCode code, const std::string& detail)> stop;
    // `answered`: taken or not, and why not.
    std::function<void(estop::Action action, Epoch epoch, const std::string& who,
                       std::function<void(bool accepted, const std::string& reason)> answered)>
        word;
    std::function<void(Epoch at_least)> raise;
    std::function<void(std::string_view code, const std::string& detail)> journal;
    std::function<void(const std::string& detail)> alarm;
    link::Link::OnChange changed;
    std::function<void(std::function<void()> task)> off_loop;
    std::function<void(const std::string& output, bool run)>
        command;  // one marked commandable, while running
    const link::TagTable* tags;
  };

  BusMember(os::Loop& loop, const config::Config& config, BusStart start, Surroundings around);
  ~BusMember();

  // Safe first: the network is tried once the own guard has spoken (see state()).
  void begin();
  void close();  // tells the others that this machine is going, and ends the connection
  // The guard's newest state; `known` is false once the guard is lost. `view` is looked at again later.
  void state(const View& view, bool known);
  // Somebody stopped here while the latch was tripped already: no state of the guard shows it.
  void demanded(const Cause& cause);
  // The own guard has taken an operator's word: on a controller the stations get it, too.
  void released(estop::Action action, const std::string& who);
  // A command to a station; `done` comes once, with its answer or with why there is none.
  void send(const std::string& station, const estop::CommandRequest& request,
            station::CommandsOut::Done done);
  [[nodiscard]] link::Status status() const { return link_->status_now(); }
  [[nodiscard]] std::vector<StationView> stations() const;

 private:
  struct Word {
    estop::Action action;
    std::string who;
    Instant until;
  };
  [[nodiscard]] station::Doer doer();
  [[nodiscard]] estop::Envelope envelope() const;
  void on_link(const link::Status& status, link::State previous, std::string_view why);
  void heard(std::string_view channel, const std::string& text);
  void on_stop(const std::string& text, bool straight, Instant now);
  // bus_commands.cpp
  [[nodiscard]] station::CommandDoer command_doer();
  void make_commands();
  void judge_commands(Instant now);
  void read_stream();
  [[nodiscard]] station::CommandsIn::Answer carry_out(const estop::CommandRequest& request) const;
  [[nodiscard]] bool shows(const estop::CommandRequest& request) const;
  void dial();
  void ask_latch();
  void owed_now();
  void tick();
  void beat();
  void confirm();
  void hand_on();
  void tend_paths();
  [[nodiscard]] bool cut_first(const View& view, Instant now);
  void publish(std::string_view channel, const std::string& text);
  void said(std::string_view code, const std::string& detail);

  os::Loop& loop_;
  const config::Config& config_;
  Surroundings around_;
  estop::Keys keys_;
  std::shared_ptr<station::Reader> reader_;
  station::Direct direct_;
  std::variant<std::monostate, station::Station, station::Controller> role_;
  std::optional<station::LocalServer> server_;  // on the controller of a bus of kind `local`
  std::unique_ptr<station::RedisSession> session_;
  std::unique_ptr<link::Link> link_;
  os::Loop::Timer tick_timer_;
  os::Loop::Timer held_, soon_;
  Epoch held_epoch_ = 0;  // of the own trip whose news waits for its own outputs
  Instant held_since_{};
  station::Local local_;
  std::vector<Word> words_;  // of the operator, whose effect on the own latch has yet to be seen
  Instant began_{}, next_beat_{}, next_latch_{}, next_paths_{};
  bool dialed_ = false;
  bool asking_latch_ = false;
  bool closing_ = false;
  bool confirm_soon_ = false;  // a flood of stops is no flood of confirmations
  std::optional<station::CommandsIn> commands_in_;
  std::optional<station::CommandsOut> commands_out_;
  std::string stream_last_;  // id of the last entry that was read; empty: none since the connection was made
  bool stream_read_ = true, stream_asked_ = false;
  Instant said_since_{};
  unsigned said_count_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace standstill::supervise
