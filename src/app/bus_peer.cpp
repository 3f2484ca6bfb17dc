#include "app/bus_peer.hpp"

#include <optional>
#include <utility>

#include "os/clock.hpp"
#include "supervise/bus_transport.hpp"

namespace standstill::app {

namespace {

link::Timing timing() {
  link::Timing made;
  made.probe = 1s;
  made.silence = 3s;
  made.dial = 3s;
  made.reconnect.first = 300ms;
  made.reconnect.max = 2s;
  return made;
}

}  // namespace

BusPeer::BusPeer(const config::Bus& bus, std::string password, std::vector<std::string> channels,
                 station::RedisSession::Heard heard)
    : session_({bus.user, std::move(password), std::move(channels)}, std::move(heard)),
      link_(loop_, session_, supervise::bus_transport(loop_, bus, timing().silence),
            link::Link::Settings{"bus", bus.kind, false, timing(), 1}, {}) {
  link_.begin();
}

std::expected<void, std::string> BusPeer::connect(Duration time_out) {
  const Instant until = os::now() + time_out;
  while (link_.status().state != link::State::online && os::now() < until) loop_.turn(50ms);
  if (link_.status().state == link::State::online) return {};
  const std::string& why = link_.status().last_error;
  return std::unexpected("the bus is not there: " +
                         (why.empty() ? link_.status().peer + " does not answer" : why));
}

std::expected<resp::Value, std::string> BusPeer::ask(std::initializer_list<std::string_view> words,
                                                     Duration time_out) {
  auto answer = std::make_shared<std::optional<resp::Value>>();
  session_.ask(words, [answer](const resp::Value& value) { *answer = value; });
  link_.send_now();
  const Instant until = os::now() + time_out;
  while (!*answer && os::now() < until && link_.status().state == link::State::online) loop_.turn(50ms);
  if (!*answer) return std::unexpected(link_.status().peer + " has not answered in time");
  if ((*answer)->is_error()) return std::unexpected(link_.status().peer + " refuses: " + (*answer)->text);
  return std::move(**answer);
}

}  // namespace standstill::app
