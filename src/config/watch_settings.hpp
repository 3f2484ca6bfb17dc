// [[watch]] and [[stage]].
#pragma once

#include <variant>

#include "config/common.hpp"

namespace standstill::config {

struct LimitWatch {
  TagReference source;
  std::optional<double> high;  // trips at or above
  std::optional<double> low;   // trips at or below; at least one of the two is set
  double hysteresis = 0.0;
  milliseconds lasts{0};
  std::optional<ValueRange> valid;
  std::optional<double> warn;  // before high, or before low where only that is set
  milliseconds stale{5000};
};

struct FrozenWatch {
  TagReference source;
  milliseconds changes_within{0};
};

struct SilenceWatch {
  std::string link;
  milliseconds lasts{0};
};

struct HealthWatch {
  TagReference source;
  bool healthy = true;
  milliseconds lasts{0};
  milliseconds stale{5000};
  std::string code;  // a cause code
};

struct DemandWatch {
  std::string chip;  // path or label
  unsigned line = 0;
  std::optional<unsigned> line_b;
  Level closed = Level::low;
  Bias bias = Bias::pull_up;  // always one with which a broken wire reads open
  milliseconds discrepancy{50};
  milliseconds lockout{50};
};

struct RemoteWatch {};

struct Watch {
  SourceLocation where;
  std::string id;
  std::string kind;
  std::variant<LimitWatch, FrozenWatch, SilenceWatch, HealthWatch, DemandWatch, RemoteWatch> rule;
};

struct Send {
  std::string link;
  std::string command;
};

struct Stage {
  SourceLocation where;
  milliseconds at{0};
  std::variant<Send, std::string> act;  // a command, or the id of the output that goes safe
};

}  // namespace standstill::config
