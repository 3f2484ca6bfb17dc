// links: sim/loco
// The engine's flash through any order of writes, power cuts, worn-out cells and damage: variables are those
// of the newest write or, when power went in it, of the one before; after damage they are valid ones. A log
// is whole or absent.
//
// Four bytes an act: what, and three for it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "plant/loco/cv_store.hpp"
#include "plant/loco/log_store.hpp"
#include "sim/loco/flash.hpp"

using namespace standstill;
using namespace standstill::loco;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

LogRecord log_of(Epoch epoch) {
  LogRecord record;
  record.epoch = epoch;
  record.uptime_ns = epoch;
  record.event_count = static_cast<std::uint8_t>(epoch % 24);
  for (std::size_t i = 0; i < record.events.size(); ++i)
    record.events[i].value = static_cast<std::int32_t>(epoch * 31 + i);
  return record;
}

class Engine {
 public:
  Engine() { wake(); }

  void act(std::uint8_t what, std::uint8_t a, std::uint8_t b, std::uint8_t c) {
    switch (what % 8) {
      case 0:
      case 1:
        write(a, b, c);
        break;
      case 2:
        keep(a % 64, (b & 1U) != 0);
        break;
      case 3:
        wake();
        break;
      case 4:
        flash_.lose_power_after(a << 8U | b);
        if ((c & 1U) != 0) write(a, c, b);
        keep(40, true);
        save(c % 40);
        flash_.power_back();
        cut_ = true;
        wake();
        break;
      case 5:
        flash_.at(a % sectors_used, static_cast<std::size_t>(b << 4U | (c & 15U)) %
                                        sim::loco::MemoryFlash::size) = static_cast<std::uint8_t>(a ^ c);
        damaged_ = true;
        break;
      case 6:
        save(a % 40);
        break;
      default:
        flash_.refuses = (a & 1U) != 0;
        if (flash_.refuses) damaged_ = true;
    }
    for (std::size_t i = 0; i < variables.size(); ++i)
      check(settings_.values()[i] >= variables[i].low && settings_.values()[i] <= variables[i].high);
    check(Settings::conflict(settings_.values()).empty());
  }

 private:
  void write(std::uint8_t which, std::uint8_t high, std::uint8_t low) {
    const Variable& one = variables[which % variables.size()];
    const std::int32_t span = one.high - one.low + 1;
    const auto written =
        settings_.write(static_cast<std::uint32_t>(one.cv), one.low + (high << 8U | low) % span);
    if (!written.changed) return;
    cvs_->changed();
  }

  void keep(int cycles, bool safe) {
    for (int i = 0; i < cycles; ++i) {
      const bool waits = cvs_->keep(settings_, safe);
      if (!flash_.powerless() && !waits && !cvs_->failed()) {  // it says that it is kept
        kept_ = settings_.values();
        older_.clear();
      } else {
        older_.push_back(settings_.values());
      }
      if (!waits) break;
    }
  }

  // So many cycles of it: power or patience may end before it is whole.
  void save(int cycles) {
    if (logs_->progress() != LogStore::Progress::idle) return;
    logs_->blank() = log_of(++epoch_);
    logs_->begin();
    for (int i = 0; i < cycles; ++i) (void)logs_->step();
  }

  void wake() {
    cvs_.emplace(flash_);
    const CvOrigin origin = cvs_->load(settings_);
    if (!damaged_) {
      bool known = settings_.values() == kept_;
      for (const auto& values : older_) known = known || settings_.values() == values;
      check(known);
      check(origin != CvOrigin::defaults || cut_);
    }
    kept_ = settings_.values();
    older_.clear();
    logs_.emplace(flash_);
    const bool found = logs_->prepare();
    const LogRecord& log = logs_->record();
    check(found == (log.epoch != 0));
    check(log.epoch <= epoch_ && log.event_count <= EventRing::kept);
    if (found)
      for (std::size_t i = 0; i < log.events.size(); ++i)
        check(log.events[i].value == log_of(log.epoch).events[i].value);
  }

  sim::loco::MemoryFlash flash_;
  Settings settings_;
  std::optional<CvStore> cvs_;
  std::optional<LogStore> logs_;
  Settings::Values kept_ = Settings{}.values();  // what a power-up has to find
  std::vector<Settings::Values> older_;          // or one of these: under way since
  Epoch epoch_ = 0;
  bool cut_ = false, damaged_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Engine engine;
  for (; size >= 4; data += 4, size -= 4) engine.act(data[0], data[1], data[2], data[3]);
  return 0;
}
