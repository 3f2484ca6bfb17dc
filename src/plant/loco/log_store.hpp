// The engine's log through a power loss: one record a shutdown, written in slices that never delay a stage.
//
// The record's first word is programmed last, so a record is whole or absent. Two sectors take turns: the
// newest log always survives the erase that makes room, and that happens only at power-up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel/latch.hpp"
#include "plant/loco/event.hpp"
#include "plant/loco/flash.hpp"

namespace standstill::loco {

struct LogRecord {
  std::uint32_t magic = 0;
  std::uint32_t crc = 0;  // of everything behind it
  Epoch epoch = 0;
  CauseCode code = CauseCode::none;
  std::uint8_t event_count = 0;
  std::int16_t servo_tenths = 0;  // of a degree
  std::int64_t uptime_ns = 0;
  std::array<std::int32_t, 4> readings{};  // thousandths, in the order of Watched
  std::int32_t speed = 0;                  // mm/s
  std::int32_t spare = 0;
  FixedText<96> reason{};
  std::array<Event, EventRing::kept> events{};  // oldest first
};
static_assert(sizeof(LogRecord) % 4 == 0 && sizeof(LogRecord) <= 1024);

class LogStore {
 public:
  static constexpr std::size_t slice = 64;  // bytes a cycle: 0.3 s for the whole record

  explicit LogStore(Flash& flash) : flash_(flash) {}

  // At power-up: finds the newest log, which record() then is, and makes room for the next one. False when
  // there is none to read; record().epoch is 0 then.
  bool prepare();

  // To be filled in, and then written. Not while one is being written.
  [[nodiscard]] LogRecord& blank();
  void begin();
  enum class Progress : std::uint8_t { idle, writing, saved, failed };
  // Once a cycle.
  Progress step();
  [[nodiscard]] Progress progress() const { return progress_; }
  // The newest: as found, or the one under way.
  [[nodiscard]] const LogRecord& record() const { return record_; }

 private:
  [[nodiscard]] std::size_t slots() const { return flash_.sector_size() / sizeof(LogRecord); }
  [[nodiscard]] bool read(std::size_t sector, std::size_t slot, LogRecord& record) const;

  Flash& flash_;
  LogRecord record_;
  std::size_t sector_ = log_first;
  std::size_t slot_ = 0;
  bool room_ = false;
  std::size_t done_ = 0;
  Progress progress_ = Progress::idle;
};

}  // namespace standstill::loco
