#include <fcntl.h>
#include <sys/epoll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "os/clock.hpp"
#include "sim/relay.hpp"
#include "sim/words.hpp"

namespace standstill::sim {

namespace {
constexpr std::size_t longest_line = 256;

std::unexpected<std::string> failed(const std::string& what) {
  return std::unexpected(what + ": " + std::strerror(errno));
}
}  // namespace

SerialRelay::SerialRelay(os::Loop& loop, SerialRelayOptions options)
    : loop_(loop), options_(std::move(options)), contact_(os::now()) {
  add_commands();
}

SerialRelay::~SerialRelay() {
  if (!options_.link.empty()) ::unlink(options_.link.c_str());
}

std::expected<std::unique_ptr<SerialRelay>, std::string> SerialRelay::start(os::Loop& loop,
                                                                            SerialRelayOptions options) {
  std::unique_ptr<SerialRelay> made(new SerialRelay(loop, std::move(options)));
  const std::string link = std::exchange(made->options_.link, {});  // ours to remove only once it is ours
  std::array<char, 4> there{};
  if (!link.empty() && ::access(link.c_str(), F_OK) == 0 &&
      ::readlink(link.c_str(), there.data(), there.size()) < 0) {
    return std::unexpected("relay: " + link + " exists and is no symbolic link; choose another --link");
  }
  made->options_.link = link;
  auto plugged = made->replug();
  if (!plugged) {
    made->options_.link.clear();
    return std::unexpected(plugged.error());
  }
  return made;
}

std::expected<void, std::string> SerialRelay::replug() {
  if (own_end_) return {};
  os::Fd near(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  std::array<char, 64> name{};
  if (!near || ::grantpt(near.get()) != 0 || ::unlockpt(near.get()) != 0 ||
      ::ptsname_r(near.get(), name.data(), name.size()) != 0) {
    return failed("relay: no pseudo-terminal");
  }
  os::Fd far(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!far) return failed(std::string("relay: cannot open ") + name.data());
  termios mode{};
  if (::tcgetattr(far.get(), &mode) == 0) {
    ::cfmakeraw(&mode);  // no echo: a real relay does not hear its own answers
    ::tcsetattr(far.get(), TCSANOW, &mode);
  }
  device_ = name.data();
  if (!options_.link.empty()) {
    // In one step: whoever waits for the name never finds it missing in between.
    const std::string fresh = options_.link + ".new";
    ::unlink(fresh.c_str());
    if (::symlink(device_.c_str(), fresh.c_str()) != 0 ||
        ::rename(fresh.c_str(), options_.link.c_str()) != 0) {
      return failed("relay: cannot make the link " + options_.link);
    }
  }
  own_end_ = std::move(near);
  far_end_ = std::move(far);
  line_.clear();
  watch_ = loop_.watch(own_end_.get(), EPOLLIN, [this](std::uint32_t) { read(); });
  return {};
}

void SerialRelay::unplug() {
  watch_ = {};
  late_.clear();
  far_end_.reset();
  own_end_.reset();
  device_.clear();
  if (!options_.link.empty()) ::unlink(options_.link.c_str());
}

void SerialRelay::read() {
  std::array<char, 1024> bytes{};
  const auto count = ::read(own_end_.get(), bytes.data(), bytes.size());
  if (count <= 0) return;
  const Instant read_at = os::now();
  for (const char byte : std::string_view(bytes.data(), static_cast<std::size_t>(count))) {
    if (byte != '\n' && byte != '\r') {
      if (line_.size() < longest_line) line_ += byte;
      continue;
    }
    const std::string line = std::exchange(line_, {});
    if (line.empty()) continue;  // a takeover ends a half-written line of its predecessor first
    if (delay_ <= Duration::zero()) {
      obey(line, read_at);
    } else {
      const std::uint64_t number = next_late_++;
      late_[number] = loop_.after(delay_, [this, line, number] {
        late_.erase(number);
        obey(line, os::now());
      });
    }
  }
}

void SerialRelay::obey(const std::string& line, Instant read_at) {
  if (line != options_.run_line && line != options_.safe_line) {
    say("ERROR");
    return;
  }
  contact_.tell(line == options_.run_line, read_at);
  say(options_.reply);
}

void SerialRelay::say(std::string text) {
  if (mute_ || !own_end_) return;
  if (garble_) {
    for (char& byte : text) byte = static_cast<char>(byte ^ 0x15);
  }
  text += '\n';
  // A reader that never reads loses replies, as on a real line.
  [[maybe_unused]] const auto written = ::write(own_end_.get(), text.data(), text.size());
}

void SerialRelay::add_commands() {
  commands_.add("status", "", "contact, and how often and when it was told", [this](const Words&) {
    auto status = contact_.status();
    status["device"] = device_;
    status["plugged"] = static_cast<bool>(own_end_);
    return std::expected<nlohmann::json, std::string>(status);
  });
  commands_.add("stick", "on|off", "welded contact: answers OK and stays",
                on_off([this](bool on) { weld(on); }));
  commands_.add("mute", "on|off", "obeys and says nothing", on_off([this](bool on) { mute(on); }));
  commands_.add("garble", "on|off", "answers with flipped bits", on_off([this](bool on) { garble(on); }));
  commands_.add("delay", "MS", "obeys and answers that much later",
                milliseconds([this](Duration pause) { delay(pause); }));
  commands_.add("unplug", "", "the device is gone; the contact stays as it is", [this] { unplug(); });
  commands_.add("replug", "", "a new device; the link points to it", [this](const Words&) {
    auto plugged = replug();
    if (!plugged) return std::expected<nlohmann::json, std::string>(std::unexpected(plugged.error()));
    return std::expected<nlohmann::json, std::string>(nlohmann::json{{"device", device_}});
  });
  commands_.add("quit", "", "end the simulated relay", [this] {
    if (quit_) quit_();
  });
}

}  // namespace standstill::sim
