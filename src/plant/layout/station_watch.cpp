#include "plant/layout/station_watch.hpp"

#include <algorithm>
#include <utility>

namespace standstill::layout {

namespace {

constexpr std::size_t most_stations = 64;  // a server that invents new ones for ever gets no more memory

std::string of(const std::string& station) {
  return station.empty() ? "the command station" : "command station " + station;
}

}  // namespace

bool StationWatch::update(Instant now, const Object& state, bool running) {
  const std::string station{state.id()};
  if (!stations_.contains(station)) {
    if (stations_.size() >= most_stations) return false;
    // The first report after connecting names no station and stands for all; single ones follow.
    const auto whole = stations_.find("");
    stations_[station] = whole != stations_.end() ? whole->second : Known{};
  }
  bool changed = false;
  const auto judge = [&](bool Known::* field, const char* attribute, CauseCode code,
                         const std::string& detail) {
    if (!state.find(attribute)) return;
    const bool good = state.truth(attribute);
    if (good) {
      changed = clear(code, station) || changed;
      if (station.empty())
        std::erase_if(causes_, [&](const StationCause& cause) {
          const bool gone = cause.code == code;
          changed = changed || gone;
          return gone;
        });
    } else if (running && stations_[station].*field) {
      changed = raise(now, code, station, detail) || changed;
    }
    stations_[station].*field = good;
    if (station.empty())
      for (auto& [other, known] : stations_) known.*field = good;
  };
  judge(&Known::power, "power", CauseCode::power_lost, of(station) + " reports that track power is off.");
  judge(&Known::trackbus, "trackbus", CauseCode::link_lost,
        "the server has lost the track bus of " + of(station) + ": trains no longer hear commands.");
  if (state.find("emergency")) {
    stations_[station].emergency = state.truth("emergency");
    if (!stations_[station].emergency)
      changed = clear(CauseCode::device_fault, station) || changed;
    else if (running)
      changed =
          raise(now, CauseCode::device_fault, station, of(station) + " reports an emergency.") || changed;
  }
  return changed;
}

bool StationWatch::started(Instant now) {
  bool changed = false;
  for (const auto& [station, known] : stations_)
    if (known.emergency)
      changed =
          raise(now, CauseCode::device_fault, station, of(station) + " reports an emergency.") || changed;
  return changed;
}

void StationWatch::reconnected() { stations_.clear(); }

bool StationWatch::raise(Instant now, CauseCode code, const std::string& station, std::string detail) {
  const bool known = std::ranges::any_of(
      causes_, [&](const StationCause& cause) { return cause.code == code && cause.station == station; });
  if (known) return false;
  causes_.push_back({code, station, std::move(detail), now});
  return true;
}

bool StationWatch::clear(CauseCode code, const std::string& station) {
  return std::erase_if(causes_, [&](const StationCause& cause) {
           return cause.code == code && (cause.station == station || cause.station.empty());
         }) > 0;
}

}  // namespace standstill::layout
