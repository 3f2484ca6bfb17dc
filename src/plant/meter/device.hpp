// One Modbus device: its connection's course, what is to be asked next, and its values with their qualities.
//
// Time is an argument and there is no I/O: the bus (bus.hpp) takes the next request, sends it when the line
// is free, and brings the outcome. Several devices may share one bus; each has a health of its own.
//
//   bus stands → asking (probe, serial number) → online → `retries` requests in a row without an answer, or
//   silence → lost → back off, asked once each time → asking …; many failures in a row → suspended
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/backoff.hpp"
#include "kernel/breaker.hpp"
#include "kernel/cause.hpp"
#include "kernel/standing.hpp"
#include "link/course.hpp"
#include "link/link.hpp"
#include "link/tags.hpp"
#include "plant/meter/blocks.hpp"
#include "wire/modbus/client.hpp"

namespace standstill::meter {

struct DeviceSettings {
  std::string id;    // of its [[link]]
  std::string kind;  // "modbus-rtu", "modbus-tcp"
  bool critical = true;
  std::uint8_t unit = 1;  // 1 to 247 on a line, 0 to 255 on TCP
  Profile profile;
  Duration poll = 1s;
  unsigned retries = 3;
  Duration time_out = 500ms;  // of one request; for the sentences and for when a value is stale
  link::Timing timing{};      // probe, silence, back-off, breaker
};

class Device {
 public:
  struct Listener {
    link::Link::OnChange changed;                        // as the engine has it
    std::function<void(const Verdict& verdict)> sensor;  // a counter ran backwards, or no longer stands back
    std::function<void(std::string_view code, const std::string& detail)> said;  // for the journal
    std::function<void()> sampled;  // a cycle is complete: every value was asked for
  };
  // A serial number was read that is not the one known, on another path than before: it is another meter.
  enum class Identity : std::uint8_t { fine, another };

  Device(DeviceSettings settings, link::TagTable& tags, std::function<std::int64_t()> wall_ns,
         Listener listener, std::uint32_t jitter_seed);

  // ---- the bus
  void bus_state(link::State state, std::string_view why, Instant now);  // what the engine says of it
  void bus_opened(const std::string& path, Instant now);
  struct Wanted {
    modbus::Request request;
    bool repeated = false;  // the request before was the same and came to nothing
  };
  // The next request, or nothing while nothing is due or what is due may not be sent now. While it is lost,
  // it is not asked before `lost_not_before`.
  [[nodiscard]] std::optional<Wanted> next(const modbus::Client& client, Instant now,
                                           Instant lost_not_before);
  [[nodiscard]] Instant due_at() const;      // when next() may have something
  [[nodiscard]] Instant verdict_at() const;  // when tick() has to judge
  void tick(Instant now);                    // verdicts: silence, stale values
  // Another, when the bus must be given up (see Identity).
  [[nodiscard]] Identity outcome(const modbus::Outcome& outcome, Instant now);
  void probe_soon() { probe_wanted_ = true; }

  // ---- everybody
  [[nodiscard]] const DeviceSettings& settings() const { return settings_; }
  [[nodiscard]] const link::Status& status() const { return status_; }
  [[nodiscard]] link::Status status_at(Instant now) const;
  [[nodiscard]] const std::string& serial() const { return serial_; }
  [[nodiscard]] link::TagTable::Id tag(std::size_t value) const { return tags_of_[value]; }
  [[nodiscard]] std::uint64_t readings() const { return readings_; }

 private:
  enum class Phase : std::uint8_t { away, asking, online, waiting };
  enum class Step : std::uint8_t { probe, serial, values, alive };

  void become(link::State state, std::string_view why, Instant now);
  void count_dial();
  void lose(std::string_view why, Instant now);
  void wait_for_next(Instant now);
  void enter_online(Instant now);
  void begin_cycle(Instant now);
  [[nodiscard]] std::optional<Wanted> next_values(const modbus::Client& client, Instant now);
  [[nodiscard]] modbus::Request ask(const Question& question) const;
  [[nodiscard]] modbus::Request ask(const Block& block) const;
  [[nodiscard]] Identity answered(const modbus::Outcome& outcome, Instant now);
  [[nodiscard]] Identity identified(const std::string& serial);
  void failed(const modbus::Outcome& outcome, Instant now);
  void refused(const modbus::Outcome& outcome, Instant now);
  void take(const Block& block, const modbus::Outcome& outcome, Instant now);
  void count(std::size_t value, double reading);
  void tell_sensor();
  void cycle_done();

  DeviceSettings settings_;
  link::TagTable& tags_;
  std::function<std::int64_t()> wall_ns_;
  Listener listener_;
  JitterSource jitter_;
  Backoff backoff_;
  Breaker breaker_;
  link::Status status_;
  Instant online_ended_{};

  Phase phase_ = Phase::away;
  Step step_ = Step::probe;
  Instant retry_at_ = never;  // waiting: the next attempt
  Instant asking_until_ = never;
  bool dial_counted_ = false;  // of the connection to come
  unsigned failures_ = 0;      // of the request at hand, in a row
  bool in_flight_ = false;
  bool again_ = false;  // the last outcome was a failure: the same request comes first
  bool probe_wanted_ = false;

  std::vector<link::TagTable::Id> tags_of_;
  std::vector<bool> wanted_;     // false: refused by the device on this connection
  std::vector<double> highest_;  // of counters; NaN: not read yet
  std::vector<bool> backwards_;
  std::vector<Block> plan_;
  std::vector<Block> queue_;  // of this cycle; the front is in flight while in_flight_ and step values
  Instant cycle_at_ = never;
  bool cycle_open_ = false;
  std::string path_, serial_path_, serial_;
  std::uint64_t readings_ = 0;
  std::uint64_t corrupt_count_ = 0, time_out_count_ = 0, exception_count_ = 0;
  bool sensor_told_ = false;
  std::string why_;  // of the last failure
};

}  // namespace standstill::meter
