#include <poll.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <vector>

#include "app/cv_peer.hpp"
#include "link/serial.hpp"
#include "os/clock.hpp"

namespace standstill::app {

namespace {

// The engine's line: it says a frame every second of its own accord, so answers are picked out by how they
// begin.
class EngineLine final : public CvPeer {
 public:
  explicit EngineLine(os::Fd fd, const CvOptions& options)
      : fd_(std::move(fd)), timeout_(std::chrono::milliseconds(options.timeout_ms)) {}

  [[nodiscard]] std::expected<std::string, std::string> get(std::uint32_t number) override {
    const std::string cv = "CV" + std::to_string(number);
    auto answer = ask(cv + "?", {cv + "=", "there is no CV"});
    if (!answer) return answer;
    if (answer->starts_with("there")) return std::unexpected(*answer);
    return answer->substr(cv.size() + 1);
  }

  [[nodiscard]] std::expected<Written, std::string> set(std::uint32_t number,
                                                        const std::string& value) override {
    const std::string cv = "CV" + std::to_string(number);
    auto answer = ask(cv + "=" + value, {"Updated " + cv + " ", cv + " ", cv + "=", "there is no CV"});
    if (!answer) return std::unexpected(answer.error());
    return Written{answer->starts_with("Updated"), *answer};
  }

 private:
  [[nodiscard]] std::expected<std::string, std::string> ask(const std::string& line,
                                                            const std::vector<std::string>& beginnings) {
    const std::string bytes = line + "\n";
    if (::write(fd_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      return std::unexpected("the engine's line takes nothing: is it plugged in?");
    const Instant until = os::now() + timeout_;
    for (;;) {
      while (const auto said = take_line())
        for (const std::string& beginning : beginnings)
          if (said->starts_with(beginning)) return *said;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - os::now()).count();
      if (left <= 0)
        return std::unexpected("the engine does not answer: is this its telemetry line, and has it power?");
      pollfd one{fd_.get(), POLLIN, 0};
      if (::poll(&one, 1, static_cast<int>(left)) <= 0) continue;
      std::array<char, 512> buffer{};
      const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
      if (got == 0 || (one.revents & (POLLHUP | POLLERR)) != 0)
        return std::unexpected("the engine's line was unplugged");
      if (got > 0) heard_.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  std::optional<std::string> take_line() {
    const std::size_t end = heard_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return line;
  }

  os::Fd fd_;
  Duration timeout_;
  std::string heard_;
};

}  // namespace

CvConnection connect_line(const CvOptions& options) {
  const auto format = link::serial_format(options.baud, "8N1");
  if (!format) {
    complain(format.error());
    return std::unexpected(exit_usage);
  }
  auto fd = link::open_serial(options.device, *format);
  if (!fd) {
    complain(fd.error());
    return std::unexpected(exit_unreachable);
  }
  return std::make_unique<EngineLine>(std::move(*fd), options);
}

}  // namespace standstill::app
