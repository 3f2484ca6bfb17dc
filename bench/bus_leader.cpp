#include "bench/bus_leader.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "link/tcp.hpp"
#include "os/clock.hpp"
#include "wire/estop/direct.hpp"
#include "wire/estop/names.hpp"

namespace standstill::bench {

namespace {

using namespace std::chrono_literals;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "bench_bus: %s\n", why.c_str());
  std::exit(2);
}

std::uint16_t free_port() {
  const os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
    die("there is no free port");
  return ntohs(address.sin_port);
}

}  // namespace

Redis::Redis() {
  if (::access(redis_program, X_OK) != 0) die("no Redis server here: install redis-tools (./dev bench does)");
  port_ = free_port();
  const std::string port = std::to_string(port_);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, 1);
    ::execl(redis_program, "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--maxclients", "9000", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  for (int i = 0; i < 500; ++i) {
    const os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return;
    ::usleep(20'000);
  }
  die("the Redis server does not answer");
}

Redis::~Redis() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Instant Leader::os_now() { return os::now(); }

Leader::Leader(std::uint16_t port, const estop::Keys& master, bool direct)
    : keys_(master),
      direct_wanted_(direct),
      reader_(std::make_shared<station::Reader>(keys_)),
      direct_(
          loop_, keys_, reader_, "ctrl-01", 0, [](const std::string&) {},
          [](std::string_view, const std::string&) {}) {
  role_ = std::make_unique<station::Controller>(
      station::Controller::Settings{.instance = "ctrl-01", .lease = 60s, .stations = {}, .keys = keys_},
      doer());
  session_ = std::make_unique<station::RedisSession>(
      station::RedisSession::Settings{{},
                                      {},
                                      {std::string(estop::heartbeat_channel),
                                       std::string(estop::safe_channel), std::string(estop::result_channel)}},
      [this](std::string_view channel, const std::string& text) { heard(channel, text); });
  link_ = std::make_unique<link::Link>(
      loop_, *session_,
      std::make_unique<link::TcpTransport>(loop_, link::TcpTransport::Settings{"127.0.0.1", port}),
      link::Link::Settings{"leader", "redis", true, {}, 1},
      [this](const link::Status& status, link::State, std::string_view) {
        if (status.state != link::State::online) return role_->left();
        role_->joined(os::now());
        if (direct_wanted_) direct_.connected(link_->native_handle());
      });
  local_.known = true;
  local_.epoch = 1;
  local_.first_out = {CauseCode::operator_command, false, "operator", "bench", os::now(), os::wall_ns()};
  role_->begin(os::now());
  role_->local(local_, os::now());
  link_->begin();
  tick();
}

station::Doer Leader::doer() {
  station::Doer made;
  made.decided = [](const Finding&) {};
  made.told = [](const Verdict&) {};
  made.stop = [](CauseCode, const std::string& detail) { die("somebody else has stopped: " + detail); };
  made.publish = [this](std::string_view channel, const std::string& text) {
    if (direct_wanted_ && channel == estop::stop_channel) direct_.send(text);
    session_->ask({"PUBLISH", channel, text});
    link_->send_now();
  };
  made.retain = [this](std::string_view key, const std::string& text) {
    session_->ask({"SET", key, text});
    link_->send_now();
  };
  made.soon = [this] {
    soon_ = loop_.after(1ms, [this] {
      soon_.cancel();
      role_->tick(os::now());
    });
  };
  made.envelope = [this] { return envelope(); };
  made.word = [](estop::Action, Epoch, const std::string&) {};
  made.remember = [](Epoch) {};
  made.registered = [](const std::vector<std::string>&) {};
  made.keep = [](const std::string&) {};
  made.raise = [](Epoch) {};
  made.said = [](std::string_view, const std::string&) {};
  made.alarm = [](const std::string&) {};
  return made;
}

estop::Envelope Leader::envelope() const {
  estop::Envelope made;
  std::array<std::uint8_t, 16> random{};
  [[maybe_unused]] const auto got = ::getrandom(random.data(), random.size(), 0);
  made.id = estop::uuid_of(random);
  made.wall_ms = os::wall_ns() / 1'000'000;
  made.source = {"standstill", "ctrl-01", "1.0.0"};
  return made;
}

void Leader::heard(std::string_view channel, const std::string& text) {
  const Instant now = os::now();
  if (channel == estop::safe_channel) role_->safe_state(text, now);
  if (channel == estop::result_channel) role_->result(text);
  if (channel == estop::heartbeat_channel)
    if (const auto message = estop::read_message(text)) role_->heartbeat(*message, now);
}

void Leader::tick() {
  const Instant now = os::now();
  role_->heard(now);
  role_->tick(now);
  if (now >= next_second_ && link_->status().state == link::State::online) {
    next_second_ = now + 1s;
    session_->ask({"GET", estop::latch_key}, [this](const resp::Value& value) {
      role_->latch(value.is_text() ? std::optional(value.text) : std::nullopt, os::now());
    });
    std::vector<estop::Path> paths;
    for (const auto& [instance, known] : role_->stations())
      if (known.heard && !known.safe.path.empty()) paths.push_back({instance, known.safe.path});
    paths_ = paths.size();
    if (direct_wanted_ && !paths.empty()) {
      session_->ask({"SET", estop::paths_key, estop::write_paths(paths, keys_)});
      direct_.know(station::Reader::others(std::move(paths)));
    }
    link_->send_now();
  }
  timer_ = loop_.after(100ms, [this] { tick(); });
}

void Leader::show(LatchState state, bool acknowledged) {
  local_.state = state;
  local_.acknowledged = acknowledged;
  role_->local(local_, os::now());
}

bool Leader::all(LatchState state, bool acknowledged, std::size_t stations) const {
  const auto& known = role_->stations();
  return known.size() >= stations && std::ranges::all_of(known, [&](const auto& one) {
           return one.second.heard && one.second.safe.epoch == local_.epoch &&
                  one.second.safe.state == state && (!acknowledged || one.second.safe.acknowledged);
         });
}

bool Leader::release(std::size_t stations, Duration most) {
  if (!until([&] { return all(LatchState::tripped, false, stations) && role_->leads(); }, most)) return false;
  if (direct_wanted_ && !until([&] { return paths_ >= stations; }, most)) return false;
  show(LatchState::tripped, true);
  role_->released(estop::Action::acknowledge, "bench", os::now());
  if (!until([&] { return all(LatchState::tripped, true, stations); }, most)) return false;
  show(LatchState::ready, false);
  role_->released(estop::Action::reset, "bench", os::now());
  if (!until([&] { return all(LatchState::ready, false, stations); }, most)) return false;
  show(LatchState::running, false);
  role_->released(estop::Action::start, "bench", os::now());
  return until([&] { return all(LatchState::running, false, stations); }, most);
}

std::int64_t Leader::stop() {
  ++local_.epoch;
  const std::int64_t at = to_ns(os::now());
  show(LatchState::tripped, false);
  return at;
}

std::int64_t Leader::say(const std::string& channel) {
  estop::Message message;
  message.envelope = envelope();
  message.payload = estop::EmergencyStop{CauseCode::operator_command, "bench", "operator"};
  const std::string text = estop::write_message(message).value();
  const std::int64_t at = to_ns(os::now());
  session_->ask({"PUBLISH", channel, text});
  link_->send_now();
  return at;
}

void Leader::turn(Duration time) {
  const Instant end = os::now() + time;
  while (os::now() < end) loop_.turn(5ms);
}

}  // namespace standstill::bench
