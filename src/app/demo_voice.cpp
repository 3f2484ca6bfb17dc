#include "app/demo_voice.hpp"

#include <nlohmann/json.hpp>

#include "app/context.hpp"
#include "app/state_text.hpp"
#include "os/clock.hpp"

namespace standstill::app {

void DemoVoice::say(const DemoLine& line) {
  const std::lock_guard lock(mutex_);
  newest_ = line.ok ? line.text : "NOT AS IT SHOULD BE: " + line.text;
  if (json_)
    app::say(dumped(
        {{"at", os::rfc3339(os::wall_ns())}, {"step", line.step}, {"ok", line.ok}, {"text", line.text}}));
  else if (!picture_)
    app::say((line.ok ? "[" : "[FAILED ") + line.step + "] " + line.text);
}

std::string DemoVoice::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

void DemoVoice::picture_ends() {
  const std::lock_guard lock(mutex_);
  picture_ = false;
}

}  // namespace standstill::app
