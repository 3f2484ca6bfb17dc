// The rows of the hazard table, one function a kind of part. Internal to src/supervise/hazard*.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernel/stages.hpp"
#include "supervise/hazard.hpp"

namespace standstill::supervise {

class HazardRows {
 public:
  HazardRows(const config::Config& config, const plan::Plan& plan);

  void processes(std::vector<Hazard>& into) const;
  void links(std::vector<Hazard>& into) const;
  void watches(std::vector<Hazard>& into) const;
  void outputs(std::vector<Hazard>& into) const;
  void machine(std::vector<Hazard>& into) const;
  void list_not_fail_safe(std::vector<std::string>& into) const;

 private:
  enum class Order : std::uint8_t { staged, staged_without_sends, at_once };
  struct Cutting {
    std::string_view who;
    config::milliseconds notice;
    Order order;
    bool takeover = false;  // a slow output may have to wait for the other cutter
  };
  [[nodiscard]] HazardCut cut(const config::Output& output, const Cutting& how) const;
  // Every safety output cut the same way, but those for which `except` says true: they are left out.
  [[nodiscard]] Hazard all(std::string part, std::string event, std::string by, const Cutting& how,
                           const std::string& except = {}) const;
  // An output that does not follow: whoever it escalates to is cut instead.
  void escalation(Hazard& row, const config::Output& output, config::milliseconds notice) const;
  void does_not_obey(std::vector<Hazard>& into, const config::Output& output) const;
  void unplugged(std::vector<Hazard>& into, const config::Output& output) const;
  void readback(std::vector<Hazard>& into, const config::Output& output) const;
  // hazard_board.cpp: what may happen to an external guard, and what it does by itself.
  void board(std::vector<Hazard>& into, const config::Output& output) const;
  [[nodiscard]] static HazardCut by_itself(const config::Output& output);
  [[nodiscard]] Order order_for(const config::Link* lost) const;
  [[nodiscard]] const config::WatchdogOutput* watchdog_device() const;  // the quickest; null: there is none
  [[nodiscard]] const plan::Output* compiled(const std::string& id) const;
  [[nodiscard]] config::milliseconds stage_of(const std::string& id, Order order) const;

  const config::Config& config_;
  const plan::Plan& plan_;
  Stages stages_;
  config::milliseconds loop_, heartbeat_, permit_;
};

// The longest that the device itself takes to do what it is told.
[[nodiscard]] config::milliseconds act_time(const config::Output& output);
// From the guard's write to the coils of an external guard.
[[nodiscard]] config::milliseconds order_time(const config::GuardBoardOutput& board);
// It switches something and is commanded over a connection or by another program, from a cutter's thread.
[[nodiscard]] bool is_slow(const config::Output& output);

}  // namespace standstill::supervise
