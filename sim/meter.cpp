#include "sim/meter.hpp"

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

#include "kernel/whole_number.hpp"
#include "os/clock.hpp"
#include "sim/listener.hpp"
#include "sim/words.hpp"

namespace standstill::sim {

namespace {

constexpr Duration silence = 20ms;  // between two requests, at any speed

std::unexpected<std::string> failed(const std::string& what) {
  return std::unexpected(what + ": " + std::strerror(errno));
}

std::expected<std::uint32_t, std::string> number(const Words& words, std::size_t at) {
  if (words.size() <= at) return std::unexpected("a number is missing");
  const auto value = whole_number(words[at]);
  if (!value || *value > 0xFFFFFFFF)
    return std::unexpected("'" + words[at] + "' is no number, such as 52 or 0x34");
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

Meter::Meter(os::Loop& loop, MeterOptions options) : loop_(loop), options_(std::move(options)) {
  for (const std::uint8_t unit : options_.units) {
    std::string serial = options_.serial;
    // Several meters on one line have serial numbers of their own.
    if (!banks_.empty() && !serial.empty()) serial.back() = static_cast<char>('A' + banks_.size());
    banks_[unit] = std::make_unique<MeterBank>(serial, options_.seed + unit);
  }
  add_commands();
}

Meter::~Meter() {
  if (!options_.link.empty()) ::unlink(options_.link.c_str());
}

std::expected<std::unique_ptr<Meter>, std::string> Meter::start(os::Loop& loop, MeterOptions options) {
  std::unique_ptr<Meter> made(new Meter(loop, std::move(options)));
  if (auto plugged = made->replug(); !plugged) {
    made->options_.link.clear();
    return std::unexpected(plugged.error());
  }
  return made;
}

std::expected<void, std::string> Meter::replug() {
  if (own_end_ || listener_) return {};
  return options_.tcp ? open_port() : open_pty();
}

std::expected<void, std::string> Meter::open_port() {
  auto listener = listen_tcp(options_.address, port_ != 0 ? port_ : options_.port);
  if (!listener) return std::unexpected("meter: " + listener.error());
  listener_ = std::move(*listener);
  port_ = port_of(listener_);
  watch_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) {
    for (os::Fd socket = accept_one(listener_); socket; socket = accept_one(listener_)) {
      const int fd = socket.get();
      Client& client = clients_[fd];
      client.fd = std::move(socket);
      client.watch = loop_.watch(fd, EPOLLIN, [this, fd](std::uint32_t) { serve(fd); });
    }
  });
  return {};
}

std::expected<void, std::string> Meter::open_pty() {
  os::Fd near(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  std::array<char, 64> name{};
  if (!near || ::grantpt(near.get()) != 0 || ::unlockpt(near.get()) != 0 ||
      ::ptsname_r(near.get(), name.data(), name.size()) != 0)
    return failed("meter: no pseudo-terminal");
  os::Fd far(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!far) return failed(std::string("meter: cannot open ") + name.data());
  termios mode{};
  if (::tcgetattr(far.get(), &mode) == 0) {
    ::cfmakeraw(&mode);
    ::tcsetattr(far.get(), TCSANOW, &mode);
  }
  device_ = name.data();
  if (!options_.link.empty()) {
    std::array<char, 4> there{};
    if (::access(options_.link.c_str(), F_OK) == 0 &&
        ::readlink(options_.link.c_str(), there.data(), there.size()) < 0)
      return std::unexpected("meter: " + options_.link +
                             " exists and is no symbolic link; choose another --pty");
    // In one step: whoever waits for the name never finds it missing in between.
    const std::string fresh = options_.link + ".new";
    ::unlink(fresh.c_str());
    if (::symlink(device_.c_str(), fresh.c_str()) != 0 || ::rename(fresh.c_str(), options_.link.c_str()) != 0)
      return failed("meter: cannot make the link " + options_.link);
  }
  own_end_ = std::move(near);
  far_end_ = std::move(far);
  reader_.reset();
  watch_ = loop_.watch(own_end_.get(), EPOLLIN, [this](std::uint32_t) { read_line(); });
  return {};
}

void Meter::unplug() {
  watch_ = {};
  late_.clear();
  clients_.clear();
  listener_.reset();
  far_end_.reset();
  own_end_.reset();
  device_.clear();
  if (!options_.link.empty()) ::unlink(options_.link.c_str());
}

void Meter::silent_unit(std::uint8_t unit, bool on) {
  if (on)
    silent_units_.insert(unit);
  else
    silent_units_.erase(unit);
}

void Meter::read_line() {
  std::array<std::byte, 1024> bytes{};
  const auto count = ::read(own_end_.get(), bytes.data(), bytes.size());
  if (count <= 0) return;
  const Instant now = os::now();
  if (now - last_byte_ > silence) reader_.reset();
  last_byte_ = now;
  auto left = std::span<const std::byte>(bytes).first(static_cast<std::size_t>(count));
  while (!left.empty())
    if (reader_.read(left) == modbus::RtuReader::Result::frame)
      answer(own_end_.get(), reader_.unit(), reader_.pdu(), -1);
}

void Meter::serve(int socket) {
  const auto found = clients_.find(socket);
  if (found == clients_.end()) return;
  std::array<std::byte, 4096> bytes{};
  const auto count = ::read(socket, bytes.data(), bytes.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    found->second.watch = {};
    clients_.erase(found);
    return;
  }
  auto& reader = found->second.reader;
  for (auto left = std::span<const std::byte>(bytes).first(static_cast<std::size_t>(count));;) {
    const auto result = reader.read(left);
    if (result == modbus::TcpReader::Result::need_more) return;
    if (result == modbus::TcpReader::Result::failed) {
      found->second.watch = {};
      clients_.erase(found);
      return;
    }
    answer(socket, reader.unit(), reader.pdu(), reader.transaction());
  }
}

void Meter::answer(int to, std::uint8_t unit, std::span<const std::uint8_t> request, int transaction) {
  const auto bank = banks_.find(unit);
  if (silent_ || bank == banks_.end() || silent_units_.contains(unit)) return;
  bank->second->advance(os::now());
  const modbus::Pdu pdu = bank->second->reply(request);
  std::vector<std::byte> frame;
  if (transaction < 0)
    modbus::append_rtu(frame, unit, pdu);
  else
    modbus::append_tcp(frame, static_cast<std::uint16_t>(transaction), unit, pdu);
  if (corrupt_ > 0) {
    --corrupt_;
    // On a line the CRC tells; in the network, where TCP does, another function's answer comes.
    frame[transaction < 0 ? frame.size() - 1 : 7] ^= std::byte{0x10};
  }
  ++answered_;
  if (delay_ <= Duration::zero()) return send(to, std::move(frame));
  const std::uint64_t key = next_late_++;
  late_[key] = loop_.after(delay_, [this, key, to, frame = std::move(frame)]() mutable {
    send(to, std::move(frame));
    late_.erase(key);
  });
}

void Meter::send(int to, std::vector<std::byte> frame) {
  if (to != own_end_.get() && !clients_.contains(to)) return;
  // A reader that never reads loses answers, as on a real line.
  [[maybe_unused]] const auto written = ::write(to, frame.data(), frame.size());
}

void Meter::add_commands() {
  using Result = std::expected<nlohmann::json, std::string>;
  commands_.add("status", "", "where it is, and how much it answered", [this](const Words&) {
    return Result(nlohmann::json{{"device", device_},
                                 {"port", port_},
                                 {"plugged", static_cast<bool>(own_end_) || static_cast<bool>(listener_)},
                                 {"answered", answered_}});
  });
  commands_.add("unplug", "", "the device, or the port, is gone", [this] { unplug(); });
  commands_.add("replug", "", "it is back; the link points to the new device", [this](const Words&) {
    if (auto plugged = replug(); !plugged) return Result(std::unexpected(plugged.error()));
    return Result(nlohmann::json{{"device", device_}, {"port", port_}});
  });
  commands_.add("silent", "on|off", "hears and says nothing", on_off([this](bool on) { silent(on); }));
  commands_.add("delay", "MS", "answers that much later",
                milliseconds([this](Duration pause) { delay(pause); }));
  commands_.add("corrupt", "N", "the next N answers are garbled", [this](const Words& words) {
    const auto answers = number(words, 0);
    if (!answers) return Result(std::unexpected(answers.error()));
    corrupt(*answers);
    return Result(nlohmann::json::object());
  });
  commands_.add("refuse", "ADDRESS|none", "that register does not exist", [this](const Words& words) {
    if (!words.empty() && words[0] == "none") {
      for (auto& [unit, bank] : banks_) bank->refuse_nothing();
      return Result(nlohmann::json::object());
    }
    const auto address = number(words, 0);
    if (!address || *address > 0xFFFF)
      return Result(std::unexpected("give an address from 0 to 65535, or none"));
    for (auto& [unit, bank] : banks_) bank->refuse(static_cast<std::uint16_t>(*address));
    return Result(nlohmann::json::object());
  });
  commands_.add("energy", "KWH", "sets the counter, also backwards", [this](const Words& words) {
    const auto kwh = number(words, 0);
    if (!kwh) return Result(std::unexpected(kwh.error()));
    for (auto& [unit, bank] : banks_) bank->energy(*kwh);
    return Result(nlohmann::json::object());
  });
  commands_.add("roll-over", "", "the counter stands just below the top of its register", [this] {
    for (auto& [unit, bank] : banks_) bank->energy(2147483647.0 * 0.1 - 0.2);
  });
  commands_.add("load", "AMPERES", "what flows on each phase", [this](const Words& words) {
    const auto amperes = number(words, 0);
    if (!amperes) return Result(std::unexpected(amperes.error()));
    for (auto& [unit, bank] : banks_) bank->load(*amperes);
    return Result(nlohmann::json::object());
  });
  commands_.add("weld", "on|off", "contacts that stick: coils are confirmed, and stay as they are",
                on_off([this](bool on) {
                  for (auto& [unit, bank] : banks_) bank->weld(on);
                }));
  commands_.add("quit", "", "end the simulated meter", [this] {
    if (quit_) quit_();
  });
}

}  // namespace standstill::sim
