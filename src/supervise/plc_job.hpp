// One S7 PLC: its tags, polled; behind the link, the state of its CPU and its heartbeat.
#pragma once

#include <optional>
#include <vector>

#include "kernel/watch_frozen.hpp"
#include "plant/plc/counter.hpp"
#include "plant/plc/schedule.hpp"
#include "plant/plc/session.hpp"
#include "plant/plc/values.hpp"
#include "supervise/link_job.hpp"

namespace standstill::supervise {

class PlcJob final : public LinkJob<plc::Session> {
 public:
  PlcJob(os::Loop& loop, const config::Link& config, link::TagTable& tags, std::uint32_t jitter_seed,
         Listener listener);

  void begin() override;
  void close() override;
  // "write DB1.DBW2:INT 42", or "cpu stop"; a CPU is started by people, at the PLC (S4). What came of it is
  // said later, to the journal.
  [[nodiscard]] std::expected<void, std::string> send(const std::string& command, bool running) override;

 private:
  [[nodiscard]] const config::S7Link& peer() const { return std::get<config::S7Link>(config().peer); }
  void begin_work();
  void poll();
  void forget_cpu();
  void count();
  [[nodiscard]] std::expected<void, std::string> stop_cpu(const std::string& command);
  void polled(const plc::Outcome<plc::Values>& outcome, Instant asked);
  void ask_cpu();
  void judge();
  void tell(const Verdict& verdict);
  void written(const std::string& command, const plc::Outcome<bool>& outcome);

  os::Loop& loop_;
  link::TagTable& tags_;
  std::shared_ptr<const plc::Group> polled_group_;
  std::vector<link::TagTable::Id> polled_;  // of those, in their order
  plc::Schedule schedule_;
  os::Loop::Timer poll_timer_, count_timer_, judge_timer_;
  bool polling_ = false;
  bool asking_cpu_ = false;
  Instant cpu_asked_{};
  s7::CpuState cpu_ = s7::CpuState::unknown;
  std::string cpu_trouble_;    // why its state is not known
  bool cpu_known_ = false;     // it has answered on this connection
  bool by_heartbeat_ = false;  // it has no such list, and its heartbeat proves that it runs
  FrozenWatch heartbeat_;
  std::optional<plc::Counter> counter_;
  std::string counter_trouble_;
  Verdict told_{};
};

}  // namespace standstill::supervise
