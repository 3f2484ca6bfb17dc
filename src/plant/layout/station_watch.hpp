// The server lives, its command station does not: what <state> says of power, track bus and emergency.
//
// Source: measured servers; power, trackbus and emergency are what the station's driver reports.
// `healthy` is about the plan and no cause. While running,
//   power true → false      power_lost
//   trackbus true → false   link_lost
//   emergency → true        device_fault
// and the cause is gone when that station reports the opposite. Off before it ever was on is no loss: a
// layout whose power was never switched on has lost none.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernel/cause.hpp"
#include "kernel/time.hpp"
#include "plant/layout/object.hpp"

namespace standstill::layout {

struct StationCause {
  CauseCode code = CauseCode::none;
  std::string station;  // its iid; "" when the server has one and does not name it
  std::string detail;   // a sentence
  Instant since{};
};

class StationWatch {
 public:
  // A <state> as it came. True when a cause appeared or went.
  bool update(Instant now, const Object& state, bool running);
  // The plant starts to run: an emergency reported before is a cause now. True when a cause appeared.
  bool started(Instant now);
  // A new connection: what was on before it proves nothing. Causes stay until a report says that they are
  // gone.
  void reconnected();

  [[nodiscard]] const std::vector<StationCause>& causes() const {
    return causes_;
  }  // present ones, oldest first

 private:
  struct Known {
    bool power = false;
    bool trackbus = false;
    bool emergency = false;
  };
  bool raise(Instant now, CauseCode code, const std::string& station, std::string detail);
  bool clear(CauseCode code, const std::string& station);

  std::map<std::string, Known> stations_;
  std::vector<StationCause> causes_;
};

}  // namespace standstill::layout
