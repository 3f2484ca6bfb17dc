// A simulated station on the emergency-stop bus: a relay, a button, and the role of the real one
// (plant/station) over the kernel's latch, on a connection of its own. It boots tripped. Of what was before a
// restart it knows what a station has on disk of the bus, and not its latch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/latch.hpp"
#include "link/link.hpp"
#include "os/loop.hpp"
#include "plant/station/commands.hpp"
#include "plant/station/direct.hpp"
#include "plant/station/redis_session.hpp"
#include "plant/station/station.hpp"

namespace standstill::sim {

class BusStation {
 public:
  struct Settings {
    std::string instance;
    estop::Keys keys;
    std::string user{}, password{};
    Duration lease = 3s;
    std::uint32_t seed = 1;   // of the times between its words, so that many do not speak at once
    bool second_path = true;  // stops by datagram are taken and sent, too
    Duration settle = 2s;     // S5, as a guard has it
    std::shared_ptr<station::Reader> reader{};  // of all stations with keys of the same bus
    std::shared_ptr<Instant> last_cut{};        // of all in this process
  };
  using Dial = std::function<std::unique_ptr<link::Transport>()>;
  using Moved = std::function<void(const BusStation& station)>;  // the relay was commanded otherwise
  using Said = std::function<void(const BusStation& station, std::string_view code, const std::string& what)>;

  BusStation(os::Loop& loop, Settings settings, Dial dial, Moved moved, Said said);
  ~BusStation();
  BusStation(const BusStation&) = delete;
  BusStation& operator=(const BusStation&) = delete;

  void press();             // the button: cut first, then told
  void cut(bool off_line);  // no connection, and no datagrams, until cut(false)
  void deaf(bool on);       // what comes by datagram is lost
  void weld(bool on);       // the relay's contact stays where it is, whatever is commanded
  void restart();           // power off and on

  [[nodiscard]] const std::string& instance() const { return set_.instance; }
  [[nodiscard]] LatchState state() const { return latch_->state(); }
  [[nodiscard]] bool energised() const { return contact_; }    // the contact
  [[nodiscard]] bool commanded() const { return commanded_; }  // what it was told
  [[nodiscard]] bool online() const { return link_ && link_->status().state == link::State::online; }
  [[nodiscard]] bool hears_datagrams() const { return direct_ && !direct_->address().empty(); }
  [[nodiscard]] const Cause& first_out() const { return latch_->first_out(); }
  [[nodiscard]] Epoch epoch() const { return latch_->epoch(); }

 private:
  enum Source : SourceIndex { bus, button, sources };
  struct Unkept {
    std::shared_ptr<const std::string> text;
    bool straight;
    station::Station::Obeyed obeyed;
  };
  void boot();
  void connect();
  void on_stop(const std::string& text, bool straight);
  void keep_stops();
  void heard(std::string_view channel, const std::string& text);
  void publish(std::string_view channel, const std::string& text);
  void command(bool run);
  void follow();  // the relay does what the latch allows
  void show();    // the role is told what the latch shows
  void soon();
  void tell();
  [[nodiscard]] bool others_are_cutting(Instant now) const;
  void tick();
  void turn(Instant now);
  void beat();
  void confirm();
  void ask_latch();
  [[nodiscard]] station::Doer doer();
  [[nodiscard]] station::CommandsIn::Doer commands_doer();
  [[nodiscard]] estop::Envelope envelope() const;
  [[nodiscard]] Refusal carry_out(estop::Action action, Epoch epoch, Instant now);

  os::Loop& loop_;
  Settings set_;
  Dial dial_;
  Moved moved_;
  Said said_;
  std::optional<Latch<sources>> latch_;
  std::optional<station::Station> role_;
  std::optional<station::CommandsIn> commands_;
  std::optional<station::Direct> direct_;
  std::unique_ptr<station::RedisSession> session_;
  std::unique_ptr<link::Link> link_;
  os::Loop::Timer tick_, soon_timer_;
  Instant began_{}, next_second_{}, next_paths_{}, cut_at_{};
  Epoch largest_epoch_ = 0;  // these two are its disk
  std::string owed_;
  std::vector<Unkept> unkept_;  // heard and obeyed, while others in this process still cut
  bool commanded_ = false, contact_ = false, welded_ = false;
  bool off_line_ = false, deaf_ = false;
  bool soon_ = false, confirm_soon_ = false, asking_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace standstill::sim
