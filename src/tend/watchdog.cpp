#include "tend/watchdog.hpp"

#include <unistd.h>

#include <exception>
#include <utility>

#include "os/child_program.hpp"
#include "os/clock.hpp"

namespace standstill::tend {

Watchdog::Watchdog(TendingSettings settings, Duration time_out, Said said)
    : settings_(std::move(settings)), time_out_(time_out), said_(std::move(said)) {
  thread_ = tell::BackgroundThread("watchdog", [this] { run(); });
}

Watchdog::~Watchdog() {
  ask_to_end();
  thread_.join();
}

void Watchdog::run() {
  Surroundings around;
  around.run = [this](const std::vector<std::string>& command) -> std::expected<void, std::string> {
    const auto done = os::run_program({command, {}, time_out_}, [this] { return wake_.ending(); });
    if (done) return {};
    return std::unexpected(done.error().why);
  };
  around.exists = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
  around.say = [this](std::string_view code, const std::string& detail) {
    if (!wake_.ending()) said_(code, detail);  // what was ended early says nothing of the other program
  };
  Tending tending(settings_, std::move(around), os::now());
  while (!wake_.ending()) {
    wake_.clear();
    try {
      if (os::now() >= tending.due())
        tending.look([] { return os::now(); });
      else
        wake_.wait(tending.due() - os::now());
    } catch (const std::exception&) {  // out of memory, most likely: the next check may find some
      wake_.wait(settings_.interval);
    }
  }
}

}  // namespace standstill::tend
