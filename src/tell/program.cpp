// Runs a program with the event as JSON on its standard input.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/child_program.hpp"
#include "tell/channel.hpp"

namespace standstill::tell {
namespace {

class Program final : public Channel {
 public:
  Program(ProgramConfig config, Duration time_out) : config_(std::move(config)), time_out_(time_out) {}

  std::expected<void, Undelivered> deliver(const AlertEvent& event, const Wake& wake) override {
    const auto done = os::run_program({config_.command, to_json(event) + "\n", time_out_},
                                      [&wake] { return wake.ending(); });
    if (done) return {};
    return std::unexpected(Undelivered{.why = done.error().why, .refused = done.error().not_started});
  }

 private:
  ProgramConfig config_;
  Duration time_out_;
};

}  // namespace

std::expected<std::unique_ptr<Channel>, std::string> make_channel(const ProgramConfig& config,
                                                                  Duration time_out) {
  if (config.command.empty() || !config.command.front().starts_with('/'))
    return std::unexpected("command must begin with the absolute path of a program");
  if (::access(config.command.front().c_str(), X_OK) != 0)
    return std::unexpected("cannot run " + config.command.front() + ": " + std::strerror(errno));
  return std::make_unique<Program>(config, time_out);
}

}  // namespace standstill::tell
