// The controller's role: its guard's latch is the latch of the whole bus. It trips on every stop that it
// hears, keeps the latch on the bus for whoever was away, repeats the stop while it stands, and hands the
// operator's words on to every station, each signed with that station's key.
//
// One controller leads: the one whose latch the bus retains. Another one stands by, with its own outputs
// safe, and takes over with a new epoch when the first has not been heard for a while: its stations then wait
// for the operator's words of that epoch.
//
// Stations register themselves: by the first safe confirmation that their key vouches for.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "plant/station/kept_stops.hpp"
#include "plant/station/role.hpp"

namespace standstill::station {

class Controller {
 public:
  struct Settings {
    std::string instance;
    Duration lease = 3s;
    Duration repeat = 2s;  // of the stop
    Duration confirm_within = 2s;
    Duration silent_after = 5s;         // a station that was not heard for so long is missing
    Duration alive_within = 4s;         // another controller that was not heard for so long is gone
    std::vector<std::string> stations;  // registered before
    estop::Keys keys;                   // master keys
    std::string kept{};                 // what the start before this one wrote by Doer::keep
  };
  struct Known {
    estop::Health status = estop::Health::starting;
    bool heard = false;   // a safe confirmation since this start
    bool silent = false;  // nothing for too long, and people were told
    Instant last_heard{};
    estop::SafeState safe{};
    std::uint64_t counter = 0;  // of the last release for this start of it
    struct Owed {               // an operator's word that it has not shown yet
      estop::Action action;
      std::string who;
      Epoch station_epoch;  // of the trip that was looked at
      std::uint64_t stops;  // that the station had heard by then
      Instant next;
      unsigned left;  // how often it is still said
      std::uint64_t counter;
    };
    std::vector<Owed> owed{};  // in the order they were said
  };
  Controller(Settings settings, Doer doer);

  void begin(Instant now);
  void joined(Instant now);
  void left();
  void heard(Instant now) { last_heard_ = now; }
  void stop(const estop::HeardStop& heard, const std::string& text, Instant now);
  void latch(const std::optional<std::string>& text, Instant now);
  void heartbeat(const estop::Message& message, Instant now);
  void safe_state(const std::string& text, Instant now);
  void result(const std::string& text);
  void local(const Local& local, Instant now);
  void tick(Instant now);
  // Somebody stopped here, and the latch was tripped already: while another controller leads, everybody else
  // is told.
  void demanded(const Cause& cause, Instant now);

  // The own guard has taken the operator's word: now the stations.
  void released(estop::Action action, const std::string& who, Instant now);

  [[nodiscard]] const std::map<std::string, Known>& stations() const { return stations_; }
  [[nodiscard]] bool learned() const { return learned_; }
  // A stop was heard just now, and the own guard may not have shown it yet.
  [[nodiscard]] bool stop_under_way(Instant now) const;
  [[nodiscard]] bool leads() const { return settled_; }  // the bus retains this one's latch
  [[nodiscard]] estop::SafeState safe_state() const;

 private:
  void judge(RemoteMessage::Kind kind, Instant now, std::string_view who = {});
  void note();
  void note_stations();
  [[nodiscard]] bool other_leads(const estop::LatchRecord& record, Instant now) const;
  void say_kept(Instant now);
  [[nodiscard]] std::string own_stop(const Cause& cause);
  void remember(std::uint64_t id);
  [[nodiscard]] estop::LatchRecord shown() const;  // by this latch
  void retain();
  void repeat(Instant now);
  void hand_on(const std::string& instance, Known& known, Instant now);
  void leave_out(const std::string& instance, Known& known, std::string_view why);
  [[nodiscard]] bool confirmed(const Known& station) const;
  void look_for_missing(Instant now);
  void look_for_silent(Instant now);
  void alive(const std::string& instance, Known& known, Instant now);

  Settings set_;
  Doer do_;
  RemoteWatch<> watch_;
  Finding told_{};
  bool any_told_ = false;
  Local local_;
  bool learned_ = false;
  bool settled_ = false;  // the bus retains what this latch says
  bool new_stations_ = false;
  bool lost_latch_ = false;  // the server has none, and the trip for that is under way
  Instant joined_at_{};
  std::map<std::string, Instant> others_;  // other controllers, and when they were heard last
  Instant last_heard_{};
  std::array<std::uint64_t, 4096> ids_{};  // of the last stops (S10)
  std::size_t next_id_ = 0;
  Instant stop_said_{};       // to the guard
  CauseDetail said_stop_;     // in these words, the last one that was heard
  Instant told_own_{};        // to everybody
  std::string stop_text_;     // what is repeated
  std::string waiting_text_;  // the stop that trips, until the guard says it has
  Instant next_repeat_{};
  bool retain_owed_ = false;  // the stop is on its way, and its latch not yet
  Instant missing_by_ = never;
  std::map<std::string, Known> stations_;
  estop::LatchRecord retained_;           // the last that was,
  std::size_t retained_for_ = 0;          // for so many stations,
  std::vector<estop::Voucher> vouchers_;  // for so many
  std::string retained_text_;             // written out
  Epoch read_epoch_ = 0;                  // of the latch that the bus retained when it was last read
  KeptStops kept_;                        // while another one leads, or none
};

}  // namespace standstill::station
