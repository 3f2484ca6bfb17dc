#include "sim/contact.hpp"

#include <nlohmann/json.hpp>

namespace standstill::sim {

void Contact::tell(bool on, Instant now) {
  told_ = on;
  last_write_ = now;
  ++writes_;
  if (stuck_ || energised_ == on) return;
  energised_ = on;
  since_ = now;
  ++switches_;
  for (const auto& listener : listeners_) listener(on);
}

nlohmann::json Contact::status() const {
  return {{"state", energised_ ? "on" : "off"},
          {"told", told_ ? "on" : "off"},
          {"since_ns", to_ns(since_)},
          {"switches", switches_},
          {"writes", writes_},
          {"last_write_ns", to_ns(last_write_)},
          {"stuck", stuck_}};
}

}  // namespace standstill::sim
