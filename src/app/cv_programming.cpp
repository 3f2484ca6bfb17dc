// Variables by DCC service mode: what a command station does on its programming track. The station is the
// simulator's, which takes half bits on its control socket and tells how often the engine acknowledged.
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/cv_peer.hpp"
#include "os/fd.hpp"
#include "plant/loco/settings.hpp"
#include "plant/loco/telemetry.hpp"
#include "wire/dcc/programmer.hpp"

namespace standstill::app {

using nlohmann::json;

namespace {

// One question at a time, each answered with a line.
class Station {
 public:
  explicit Station(os::Fd fd) : fd_(std::move(fd)) {}
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;
  ~Station() {
    if (on_) (void)ask("programming off");
  }

  bool begin() {
    on_ = ask("programming on");
    return on_;
  }

  // For dcc::Programmer.
  bool exchange(std::span<const dcc::Packet> packets) {
    std::string halves = "rails ";
    const dcc::Timing timing{.preamble = dcc::service_preamble};
    for (const dcc::Packet& packet : packets)
      dcc::send(packet, timing, [&](Duration half) { halves += half == timing.one ? '1' : '0'; });
    return ask(halves) && said_.value("pulses", 0) > 0;
  }

  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  bool ask(const std::string& line) {
    if (!trouble_.empty()) return false;
    const std::string bytes = line + "\n";
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t sent = ::send(fd_.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) return fail("the programming track takes nothing: has the simulator ended?");
      done += static_cast<std::size_t>(sent);
    }
    std::string answer;
    for (std::array<char, 512> buffer{}; answer.empty() || answer.back() != '\n';) {
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return fail("the programming track does not answer: has the simulator ended?");
      answer.append(buffer.data(), static_cast<std::size_t>(got));
    }
    said_ = json::parse(answer, nullptr, false);
    if (!said_.is_object() || !said_.value("ok", false))
      return fail("this is no programming track: " +
                  (said_.is_object() ? said_.value("error", std::string("it refuses")) : "it says no JSON"));
    return true;
  }
  bool fail(std::string why) {
    trouble_ = std::move(why);
    return false;
  }

  os::Fd fd_;
  bool on_ = false;
  json said_;
  std::string trouble_;
};

const loco::Variable* variable(std::uint32_t number) {
  const int index = loco::index_of(number);
  return index < 0 ? nullptr : &loco::variables[static_cast<std::size_t>(index)];
}

class ProgrammingTrack final : public CvPeer {
 public:
  explicit ProgrammingTrack(std::unique_ptr<Station> station) : station_(std::move(station)) {
    programmer_.power_on();
  }

  [[nodiscard]] std::expected<std::string, std::string> get(std::uint32_t number) override {
    if (number < 1 || number > 1024) return std::unexpected("there is no CV" + std::to_string(number));
    const auto byte = programmer_.read(static_cast<std::uint16_t>(number));
    if (!station_->trouble().empty()) return std::unexpected(station_->trouble());
    if (!byte)
      return std::unexpected(
          "CV" + std::to_string(number) +
          " is not acknowledged: there is no engine on the programming track, or its value "
          "goes beyond eight bits");
    const loco::Variable* one = variable(number);
    if (one == nullptr) return std::to_string(*byte);
    Sentence words;
    loco::put_value(words, one->low < 0 ? static_cast<std::int8_t>(*byte) : *byte, one->decimals);
    return std::string(words.view());
  }

  [[nodiscard]] std::expected<Written, std::string> set(std::uint32_t number,
                                                        const std::string& value) override {
    const std::string cv = "CV" + std::to_string(number);
    const loco::Typed typed = loco::read_line(cv + "=" + value);  // the caller has looked at it
    const loco::Variable* one = variable(number);
    const std::int32_t low = one != nullptr && one->low < 0 ? -128 : 0;
    const std::int32_t high = low < 0 ? 127 : 255;
    if (typed.value < low || typed.value > high)
      return Written{false, cv + " = " + value + " goes beyond eight bits: write it by telemetry"};
    const bool done =
        programmer_.write(static_cast<std::uint16_t>(number), static_cast<std::uint8_t>(typed.value));
    if (!station_->trouble().empty()) return std::unexpected(station_->trouble());
    if (done) return Written{true, "Updated " + cv + " to " + value};
    return Written{false,
                   cv + " = " + value +
                       " is not acknowledged: the value is out of range or does not fit the others, or "
                       "there is no engine on the programming track"};
  }

 private:
  std::unique_ptr<Station> station_;
  dcc::Programmer<Station> programmer_{*station_};
};

}  // namespace

CvConnection connect_programming(const CvOptions& options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (options.programming.size() >= sizeof address.sun_path) {
    complain(options.programming + " is too long for a socket's path");
    return std::unexpected(exit_usage);
  }
  std::memcpy(address.sun_path, options.programming.c_str(), options.programming.size());
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{static_cast<time_t>(options.timeout_ms / 1000 + 1), 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    complain(
        options.programming +
        " is no programming track that answers: start `standstill sim loco --control FILE` and name FILE");
    return std::unexpected(exit_unreachable);
  }
  auto station = std::make_unique<Station>(std::move(fd));
  if (!station->begin()) {
    complain(station->trouble());
    return std::unexpected(exit_unreachable);
  }
  return std::make_unique<ProgrammingTrack>(std::move(station));
}

}  // namespace standstill::app
