// What a simulated Rocrail server believes: its plan, the power, the clock; and the reports it sends about
// them.
//
// Every report is one XML element as a 2014 server words it, its side remarks (`<exception level="16384">`)
// included.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace standstill::sim {

// Where commands end up: the rails, which go on existing when the server does not.
struct Rails {
  std::function<void(const std::string& loco, int speed)> drive;
  std::function<void(const std::string& point, const std::string& position)> throw_switch;
  std::function<void(bool on)> power;
};

struct LayoutSettings {
  bool newer = false;      // answers as 2.1 does: knows ping
  bool console = false;    // a client's shutdown is ignored, a signal announces one and then stays
  int clock_divider = 10;  // model minutes a minute
  std::int64_t clock_start = 1795175760;  // model time, seconds since 1970
};

class RocrailLayout {
 public:
  using Send = std::function<void(const std::string& element)>;
  enum class Wish { none, shutdown };

  // The error says what is wrong with the plan and at which byte.
  [[nodiscard]] static std::expected<std::unique_ptr<RocrailLayout>, std::string> load(
      const std::string& plan_xml, LayoutSettings settings, Rails rails, Send broadcast);

  // One command from a client; `server` is the name the server gives that client in its reports.
  Wish execute(const std::string& body, const std::string& server, const Send& reply);

  [[nodiscard]] std::string plan_text() const;
  void save();                                                     // from now on a restart comes back to this
  [[nodiscard]] std::string saved_plan() const { return saved_; }  // speeds 0, power off: as after a crash

  void set_power(bool on);
  void set_auto(bool on, const std::string& server);
  void set_station(bool alive);  // the command station, behind the server
  void set_emergency(bool on);
  void tick_clock();
  [[nodiscard]] bool power() const { return power_; }
  [[nodiscard]] bool automatic() const { return automatic_; }
  [[nodiscard]] bool station() const { return station_; }
  [[nodiscard]] bool emergency() const { return emergency_; }
  [[nodiscard]] bool halted() const { return halted_; }  // after ebreak, until go
  [[nodiscard]] bool clock_frozen() const { return frozen_; }
  [[nodiscard]] int clock_divider() const { return divider_; }

  // kind: "lc", "bk", …; the node is empty when there is no such object.
  [[nodiscard]] pugi::xml_node find(std::string_view kind, std::string_view id) const;
  [[nodiscard]] pugi::xml_node list(std::string_view kind) const;

  void remark(std::string_view text, int level);
  void set_switch(pugi::xml_node point, const std::string& position);
  void set_signal(pugi::xml_node signal, const std::string& aspect);
  void set_feedback(pugi::xml_node sensor, bool on);
  void set_output(pugi::xml_node output, bool on);
  void set_route(pugi::xml_node route, int status);  // 0 free, 1 locked, 2 selected, 3 deselected, 4 closed
  void set_speed(pugi::xml_node loco, int speed);
  void report_loco(pugi::xml_node loco, pugi::xml_node command = {}, const std::string& server = {});
  void report_block(pugi::xml_node block);
  void report_signal_of(pugi::xml_node block, const std::string& aspect);
  // The loco leaves the block it was believed in and is believed in this one (empty: in none).
  void place(pugi::xml_node loco, std::string_view block);

 private:
  RocrailLayout(LayoutSettings settings, Rails rails, Send broadcast);
  void index();
  void send(const pugi::xml_node& element) const;
  void send_state() const;
  [[nodiscard]] static std::string speed_remark(pugi::xml_node loco, std::string_view id, int speed,
                                                bool forward, bool lights);

  Wish sys(const std::string& cmd);
  void model(pugi::xml_node command, const std::string& server, const Send& reply);
  void model_change(const std::string& cmd, pugi::xml_node command, const std::string& server);
  void drive(pugi::xml_node command, const std::string& server);
  void functions(pugi::xml_node command, const std::string& server);
  void throw_point(pugi::xml_node command);
  void show_signal(pugi::xml_node command);
  void block(pugi::xml_node command, const std::string& server);
  void route(pugi::xml_node command);
  void output(pugi::xml_node command);
  void clock(pugi::xml_node command);

  LayoutSettings settings_;
  Rails rails_;
  Send broadcast_;
  pugi::xml_document document_;
  pugi::xml_node plan_;
  std::unordered_map<std::string, pugi::xml_node> objects_;  // "lc:BR01"
  std::string saved_;
  bool power_ = false;
  bool track_bus_ = false;  // a 2014 server reports it false until the first power-on
  bool station_ = true;
  bool automatic_ = false;
  bool emergency_ = false;
  bool halted_ = false;
  bool frozen_ = false;
  int divider_ = 10;
  std::int64_t model_time_ = 0;
};

}  // namespace standstill::sim
